"""One host."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from posture.dashboard.access import page
from posture.dashboard.address import address_of
from posture.dashboard.costs import CheckCost, costs_of
from posture.dashboard.forms.host import HostForm
from posture.dashboard.observed import observed_on
from posture.dashboard.pictures import flag_changes, picture_trend
from posture.dashboard.request import Asked
from posture.dashboard.rulebook import EFFORTS, edition_title, edition_titles, sections_of, words_of
from posture.dashboard.scans import scan_standing
from posture.dashboard.seen import unjudged
from posture.dashboard.span import RANGES, trend_start
from posture.dashboard.troubles import told_troubles
from posture.dashboard.words import CLONE, REASON, word
from posture.facts.values import Reason
from posture.fleet.models import Host, Role, Source
from posture.fleet.queries.changes import Period, list_change_sets
from posture.fleet.queries.checks import STATUSES, host_checks
from posture.fleet.queries.findings import FindingRow, host_findings
from posture.fleet.queries.hosts import HostRow, find_host
from posture.fleet.queries.reporting import old_hosts_of, reporting_of
from posture.fleet.queries.resources import host_resources
from posture.fleet.queries.revision import revision_of
from posture.fleet.queries.scope import Scope
from posture.fleet.queries.standing import edition_standings
from posture.fleet.queries.trend import silences_of, trend_host
from posture.fleet.services.hosts import edit_host
from posture.fleet.tasks import advance_soon

SEVERITIES = ("critical", "high", "medium", "low")
NO_RESOURCE = Reason.NO_RESOURCE.value
UNSUPPORTED = Reason.UNSUPPORTED_BY_KERNEL.value
SILENT = ("pass", "not_applicable")  # what leaves no finding
# What looks alike in a list and is not: by name, which checks it holds for.
CAUSES: Mapping[str, Callable[[CheckCost], bool]] = {
    "unsupported": lambda cost: cost.state.status == "fail" and cost.state.reason == UNSUPPORTED,
    "unread": lambda cost: cost.state.status == "unknown" and cost.state.reason == Reason.NOT_PERMITTED.value,
    "absent": lambda cost: cost.state.status == "not_applicable" and cost.state.reason == NO_RESOURCE,
}
SHOWN = 12  # resources a check lists on this page; its own page lists them all


def narrow_to_host(request: HttpRequest, asked: Asked, host_id: uuid.UUID) -> Asked:
    """The same by the edition of the host's group, unless the address names one."""
    if asked.names_edition:
        return asked
    primary = Host.objects.filter(pk=host_id).values_list("group__primary_edition", flat=True).first()
    narrowed = asked if primary is None else asked.seen_by(primary)
    request.asked = narrowed  # type: ignore[attr-defined]  # read by the templates' context
    return narrowed


def require_host(asked: Asked, host_id: uuid.UUID) -> HostRow:
    """The host, or 404 when there is none or the viewer may not see it."""
    found = find_host(scope=asked.scope, host=host_id, at=asked.at)
    if found is None:
        raise Http404
    return found


@require_GET
@page()
def host(request: HttpRequest, asked: Asked, host_id: uuid.UUID) -> HttpResponse:
    """Score, trend, what to fix first here, findings by check, containers, what could not be read."""
    asked = narrow_to_host(request, asked, host_id)
    merged = Host.objects.filter(pk=host_id).values_list("merged_into", flat=True).first()
    if merged is not None and find_host(scope=asked.scope, host=merged, at=None) is not None:
        return redirect("host", merged)
    found = require_host(asked, host_id)
    record = get_object_or_404(Host.objects.select_related("group"), pk=host_id)
    edition = asked.edition
    checks = host_checks(host=host_id, at=asked.at, edition=edition)
    trend = host_trend(asked, record)
    words = words_of(
        [
            *(check.check_key for check in checks),
            *(change.check_key for one in trend["changes"] for change in one.changes),
        ],
        edition=edition,
    )
    costs = costs_of(checks=checks, words=words)
    context: dict[str, Any] = {
        "section": "hosts",
        "host": found,
        "record": record,
        "standings": host_standings(host_id, asked),
        "words": words,
        "first": fix_here(costs),
        "lost_to_failures": sum(cost.lost_to_failures for cost in costs),
        "lost_to_unknown": sum(cost.lost_to_unknown for cost in costs),
        "containers": host_resources(host=host_id, at=asked.at, kind="container", edition=edition),
        "unjudged": unjudged(
            host=host_id, at=asked.moment, now=asked.at is None, visited=record.source != Source.AGENT
        ),
        "scan": None if asked.at else scan_standing(host=record, now=asked.now),
        "ways": record.reaches.filter(method=record.source) if asked.may(Role.ADMINISTRATOR) else (),
        "may_scan": asked.may(Role.OPERATOR) and not (asked.at or record.retired_at or record.is_demo),
        "form": HostForm.of(record) if asked.may(Role.OPERATOR) else None,
        "revision": "" if asked.at else revision_of(scope=Scope(groups=asked.scope.groups)),
        **identity_context(asked, record),
        **trend,
        **finding_context(asked, costs, host_findings(host=host_id, at=asked.at, edition=edition), edition),
    }
    if context["status"] in SILENT:
        context["observed"] = observed_on(
            host=host_id,
            name=found.name,
            edition=edition,
            checks={line["cost"].words.key for line in context["checks"]},
            at=asked.moment,
        )
    return render(request, "host.html", context)


def identity_context(asked: Asked, record: Host) -> dict[str, Any]:
    """How the host reports, and which host it may have been before; of today alone."""
    if asked.at or record.is_demo:
        return {}
    reporting = reporting_of(host=record.pk, now=asked.now)
    return {
        "reporting": reporting,
        "troubles": told_troubles(record),
        "clone_reason": word(CLONE, reporting.installation.clone_reason) if reporting is not None else "",
        "may_identify": asked.may(Role.OPERATOR) and record.retired_at is None,
        "old_hosts": old_hosts_of(scope=asked.scope, host=record) if asked.may(Role.OPERATOR) else [],
    }


def host_standings(host_id: uuid.UUID, asked: Asked) -> list[dict[str, Any]]:
    """Where the host stands in each edition that judges it, in the order of the editions."""
    found = edition_standings(host=host_id, at=asked.at)
    known = [edition for edition, _title in edition_titles() if edition in found]
    gone = sorted(found.keys() - set(known))
    return [{"id": one, "title": edition_title(one), "standing": found[one]} for one in [*known, *gone]]


def finding_context(asked: Asked, costs: list[CheckCost], findings: list[FindingRow], edition: str) -> dict[str, Any]:
    """The checks that the address asks for, grouped by section, each with its first findings."""
    status = asked.choice("status", STATUSES)
    cause = asked.choice("cause", tuple(CAUSES))
    severity = asked.choice("severity", SEVERITIES)
    number = asked.text("section")
    by_check: dict[str, list[FindingRow]] = defaultdict(list)
    for finding in findings:
        by_check[finding.check_key].append(finding)
    chosen = [
        cost
        for cost in costs
        if (CAUSES[cause](cost) if cause else True)
        and (cost.state.status == status if status else cause or cost.state.status in ("fail", "unknown"))
        and (not severity or cost.words.severity == severity)
        and (not number or cost.words.section == number)
    ]
    return {
        "statuses": [(key, sum(cost.state.status == key for cost in costs)) for key in STATUSES],
        "status": status,
        "causes": [(key, count) for key, fits in CAUSES.items() if (count := sum(map(fits, costs)))],
        "cause": cause,
        "severities": SEVERITIES,
        "severity_chosen": severity,
        "sections": sections_of(edition),
        "section_chosen": number,
        "checks": [
            {
                "cost": cost,
                "why": word(REASON, cost.state.reason) if cost.state.reason else "",
                "findings": by_check[cost.words.key][:SHOWN],
                "more": max(len(by_check[cost.words.key]) - SHOWN, 0),
            }
            for cost in chosen
        ],
    }


def fix_here(costs: Iterable[CheckCost]) -> list[CheckCost]:
    """The three fixes that bring most and break least here, open criticals first; none that the kernel lacks."""
    failing = [cost for cost in costs if cost.lost_to_failures and cost.state.reason != UNSUPPORTED]
    return sorted(
        failing,
        key=lambda cost: (
            cost.words.severity != "critical",
            -cost.lost_to_failures * (1.0 if EFFORTS.get(cost.words.effect, 6) <= 1 else 0.6),
            cost.words.key,
        ),
    )[:3]


def host_trend(asked: Asked, record: Host) -> dict[str, Any]:
    """The trend with its gaps and flags, and the changes behind the flags."""
    days, start = trend_start(asked, first_at=record.first_seen_at)
    points = trend_host(host=record.pk, edition=asked.edition, from_at=start, to_at=asked.moment)
    gaps = silences_of(host=record.pk, from_at=start, to_at=asked.moment)
    whole = Scope(groups=asked.scope.groups, edition=asked.edition)
    sets = list_change_sets(scope=whole, period=Period(start, asked.moment), host=record.pk, limit=40)
    flags = flag_changes(sets)
    labels = [
        (one.at, _("%(opened)s opened, %(closed)s closed") % {"opened": one.opened, "closed": one.closed})
        for one, _change in flags
    ]
    return {
        "days": days,
        "ranges": RANGES,
        "points": points[::-1],
        "gaps": gaps,
        "chart": picture_trend(points=points, from_at=start, to_at=asked.moment, gaps=gaps, flags=labels),
        "flags": flags,
        "changes": sets[:5],
    }


@require_POST
@page(Role.OPERATOR)
def edit(request: HttpRequest, asked: Asked, host_id: uuid.UUID) -> HttpResponse:
    """Move, label, rename, retire or take back a host."""
    require_host(asked, host_id)
    form = HostForm(request.POST)
    if form.is_valid():
        by: dict[str, Any] = {"actor": asked.account.username, "address": address_of(request)}
        for waiting in edit_host(host=host_id, **by, **form.cleaned_data):
            advance_soon(host=waiting)
        messages.success(request, _("The host was changed."))
    else:
        messages.error(request, _("Nothing was changed: a value was not understood."))
    return redirect("host", host_id)
