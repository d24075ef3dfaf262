"""Every page of the product, with the least role that may read it."""

from django.urls import reverse

from posture.fleet.models import EnrolmentKey, Host, OpenFinding, Report, Role


def readable_pages(host: Host) -> dict[str, tuple[str, Role]]:
    """Name → (address, least role) of every page that answers GET."""
    finding = OpenFinding.objects.filter(host=host).order_by("check_key", "pk")[0]
    key = EnrolmentKey.objects.filter(installation__host=host)[0]
    pages: dict[str, tuple[str, Role]] = {}
    for name in ("overview", "hosts", "findings", "containers", "changes", "search", "live", "password",
                 "settings-groups", "settings-benchmarks", "settings-system"):  # fmt: skip
        pages[name] = (reverse(name), Role.VIEWER)
    pages["host"] = (reverse("host", args=[host.pk]), Role.VIEWER)
    pages["resource"] = (reverse("resource", args=[host.pk, finding.resource_id]), Role.VIEWER)
    pages["finding"] = (reverse("finding", args=[host.pk, finding.resource_id, finding.check_key]), Role.VIEWER)
    pages["rule"] = (reverse("rule", args=["container-memory-limit"]), Role.VIEWER)
    pages["benchmark"] = (reverse("benchmark", args=["cis-docker-1.6.0"]), Role.VIEWER)
    pages["findings by control"] = (f"{reverse('findings')}?view=control", Role.VIEWER)
    pages["findings as a matrix"] = (f"{reverse('findings')}?view=matrix", Role.VIEWER)
    pages["benchmarks of a group"] = (f"{reverse('settings-benchmarks')}?group={host.group_id}", Role.VIEWER)
    pages["add-host"] = (reverse("add-host"), Role.OPERATOR)
    pages["add-host-wait"] = (reverse("add-host-wait", args=[key.pk]), Role.OPERATOR)
    pages["settings-group"] = (reverse("settings-group", args=[host.group_id]), Role.OPERATOR)
    pages["settings-people"] = (reverse("settings-people"), Role.ADMINISTRATOR)
    for name in ("settings-remote", "add-reach", "settings-rollouts"):
        pages[name] = (reverse(name), Role.ADMINISTRATOR)
    pages["reports"] = (reverse("reports"), Role.AUDITOR)
    pages["settings-keys"] = (reverse("settings-keys"), Role.AUDITOR)
    pages["settings-audit"] = (reverse("settings-audit"), Role.AUDITOR)
    report = Report.objects.order_by("created_at").first()
    if report is not None:
        pages["report"] = (reverse("report", args=[report.pk]), Role.AUDITOR)
    return pages
