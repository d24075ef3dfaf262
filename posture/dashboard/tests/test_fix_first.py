"""What the pages say to fix first."""

from django.test import Client
from django.urls import reverse

from posture.dashboard.tests.page import read
from posture.fleet.models import Host, OpenCheckState
from posture.fleet.queries.checks import check_rows
from posture.fleet.queries.scope import Scope


def list_fixes(client: Client, address: str) -> str:
    """The words of the list behind the heading "Fix first"."""
    page = read(client.get(address).content.decode())
    return next(one.words for one in page.all("section") if one.attributes.get("aria-labelledby") == "fix-head")


def test_nobody_is_sent_to_fix_what_the_kernel_lacks(viewer: Client, fleet: list[Host]) -> None:
    host = fleet[0]
    first = OpenCheckState.objects.filter(host=host, status="fail").order_by("check_key")[0].check_key
    elsewhere = OpenCheckState.objects.filter(check_key=first, status="fail").exclude(host=host).count()
    title = read(viewer.get(reverse("rule", args=[first])).content.decode()).all("h1")[0].words.strip()
    OpenCheckState.objects.exclude(check_key=first).filter(status="fail").update(status="pass", failed=0)
    assert title in list_fixes(viewer, reverse("overview"))
    assert title in list_fixes(viewer, reverse("host", args=[host.pk]))

    OpenCheckState.objects.filter(host=host, check_key=first).update(reason="unsupported_by_kernel")
    assert title not in list_fixes(viewer, reverse("host", args=[host.pk]))
    rows = {row.check_key: row for row in check_rows(scope=Scope(), at=None, critical=[])}
    assert rows[first].fixable_hosts == elsewhere
    assert rows[first].hosts["fail"] == elsewhere + 1

    OpenCheckState.objects.filter(check_key=first).update(reason="unsupported_by_kernel")
    assert title not in list_fixes(viewer, reverse("overview"))
    assert next(row.lost for row in check_rows(scope=Scope(), at=None, critical=[first]) if row.check_key == first) == 0
