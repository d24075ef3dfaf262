"""The schedule of a group and "scan now": who may, what is refused at which field, what the pages say."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from posture.dashboard.tests.conftest import ClientOf
from posture.dashboard.tests.page import read
from posture.fleet.models import AuditEntry, Group, Host, HostState, Reach, RemoteRun, Role, Source
from posture.fleet.services.scan_requests import answer_wishes, fail_scan, finish_scan
from posture.remote import tasks

WEEKEND = {"hours": "own", "timezone": "Europe/Paris", "days_0": ["4"], "from_0": "20:00", "to_0": "07:00",
           "days_1": ["5", "6"], "from_1": "00:00", "to_1": "00:00"}  # fmt: skip


def post(client: Client, group: Group, **values: Any) -> Any:
    data = {"kind": "schedule", "hours": "above", "timezone": "UTC", "from_0": "", "to_0": "", **values}
    return client.post(reverse("settings-group", args=[group.pk]), data)


def test_a_schedule_is_kept_and_shown_again(operator: Client, fleet: list[Host]) -> None:
    group = fleet[0].group
    assert post(operator, group, interval="600", daily_kilobytes="250", **WEEKEND).status_code == 302
    group.refresh_from_db()
    assert (group.interval, group.daily_bytes, group.timezone) == (600, 250_000, "Europe/Paris")
    assert group.offline_hours == [
        {"days": [4], "from": "20:00", "to": "07:00"},
        {"days": [5, 6], "from": "00:00", "to": "00:00"},
    ]
    fleet[0].refresh_from_db()
    assert (fleet[0].interval, fleet[0].daily_bytes) == (600, 250_000)
    page = read(operator.get(reverse("settings-group", args=[group.pk])).content.decode())
    values = {
        one.attributes["name"]: one.attributes.get("value") for one in page.all("input") if "name" in one.attributes
    }
    assert (values["interval"], values["daily_kilobytes"], values["from_0"], values["to_1"]) == (
        "600",
        "250",
        "20:00",
        "00:00",
    )
    assert "from_3" in values, "two windows to fill in"
    child = Group.objects.create(name="Child", parent=group, primary_edition=group.primary_edition)
    html = operator.get(reverse("settings-group", args=[child.pk])).content.decode()
    assert (
        "a check-in every 600 seconds, 250 kB a day, offline Fri 20:00–07:00; Sat, Sun 00:00–00:00 (Europe/Paris)"
        in html
    )
    assert [entry.action for entry in AuditEntry.objects.all()] == ["group.schedule"]


def test_what_is_wrong_is_said_at_its_field(operator: Client, fleet: list[Host]) -> None:
    group = fleet[0].group
    always = {"hours": "own", "days_0": list("0123456"), "from_0": "00:00", "to_0": "00:00"}
    for values, field, words in (
        ({"interval": "59"}, "interval", "greater than or equal to 60"),
        ({"interval": "86401"}, "interval", "less than or equal to 86400"),
        ({"daily_kilobytes": "9"}, "daily_kilobytes", "Give 0 or at least 10."),
        ({"hours": "own", "from_0": "20:00", "to_0": "07:00"}, "days_0", "Choose at least one day."),
        ({"hours": "own", "days_0": ["1"], "to_0": "07:00"}, "from_0", "Give a time."),
        ({"hours": "own", "days_0": ["1"], "from_0": "25:00", "to_0": "07:00"}, "from_0", "Enter a valid time."),
        ({"hours": "own", "days_0": ["7"], "from_0": "20:00", "to_0": "07:00"}, "days_0", "Select a valid choice"),
        ({"timezone": "Mars/Olympus"}, "timezone", "Select a valid choice"),
        (always, "hours", "At least one hour of the week"),
    ):
        answer = post(operator, group, **values)
        assert answer.status_code == 200, values
        assert words in " ".join(answer.context["schedule"].errors.get(field, [])), (
            values,
            answer.context["schedule"].errors,
        )
        assert words in answer.content.decode()
    group.refresh_from_db()
    assert (group.interval, group.daily_bytes, group.offline_hours) == (None, None, None)
    assert not AuditEntry.objects.exists()


def test_a_scan_is_asked_for_by_those_who_may(client_of: ClientOf, fleet: list[Host]) -> None:
    host = fleet[0]
    address, page = reverse("scan-host", args=[host.pk]), reverse("host", args=[host.pk])
    viewer, operator = client_of(Role.VIEWER), client_of(Role.OPERATOR)
    assert "Scan now" not in viewer.get(page).content.decode()
    assert viewer.post(address).status_code == 403
    assert operator.get(address).status_code == 405
    assert Client(enforce_csrf_checks=True).post(address).status_code in (302, 403)
    assert "Scan now" in operator.get(page).content.decode()
    for _twice in range(2):
        assert operator.post(address).status_code == 302
    html = " ".join(viewer.get(page).content.decode().split())
    assert "the agent answers at its next check-in, expected by" in html
    assert "(operator)" in html
    assert ">Scan now" not in operator.get(page).content.decode()
    host.refresh_from_db()
    assert host.scan_asked_by == "operator"
    assert [entry.action for entry in AuditEntry.objects.all()] == ["host.scan_asked"]
    revision = operator.get(page).context["revision"]
    assert answer_wishes(host=host.pk, sequence=4, now=timezone.now())
    answer_wishes(host=host.pk, sequence=5, now=timezone.now())
    html = operator.get(page).content.decode()
    assert ", scanned" in html
    assert "Scan now" in html
    assert operator.get(page).context["revision"] != revision
    Host.objects.filter(pk=host.pk).update(scan_done_at=timezone.now() - timedelta(days=2))
    assert ", scanned" not in operator.get(page).content.decode()


def test_nobody_promises_when_a_silent_host_answers(operator: Client, fleet: list[Host]) -> None:
    host = fleet[0]
    Host.objects.filter(pk=host.pk).update(state=HostState.OFFLINE, last_seen_at=timezone.now() - timedelta(hours=5))
    operator.post(reverse("scan-host", args=[host.pk]))
    html = operator.get(reverse("host", args=[host.pk])).content.decode()
    assert "Nobody knows when that is" in html
    assert "Offline as planned" in html
    assert "Offline as planned" in operator.get(reverse("hosts"), {"state": "offline"}).content.decode()
    assert host.name in operator.get(reverse("hosts"), {"state": "offline"}).content.decode()
    Host.objects.filter(pk=host.pk).update(retired_at=timezone.now())
    assert "Scan now" not in operator.get(reverse("host", args=[host.pk])).content.decode()


def test_a_host_that_is_visited_is_visited_at_once(
    operator: Client, fleet: list[Host], monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    host = fleet[0]
    begun: list[int] = []
    monkeypatch.setattr(tasks, "enqueue", begun.append)
    Host.objects.filter(pk=host.pk).update(source=Source.SSH)
    Reach.objects.create(
        name="one", group=host.group, host=host, address="192.0.2.7", created_at=timezone.now(), created_by="alice"
    )
    with django_capture_on_commit_callbacks(execute=True):
        operator.post(reverse("scan-host", args=[host.pk]))
    assert begun == [RemoteRun.objects.get().pk]
    html = operator.get(reverse("host", args=[host.pk])).content.decode()
    assert "this server is on its way to the host." in html


def test_what_became_of_a_scan_is_said(client_of: ClientOf, fleet: list[Host]) -> None:
    host = fleet[0]
    address, page = reverse("scan-host", args=[host.pk]), reverse("host", args=[host.pk])
    operator, administrator = client_of(Role.OPERATOR), client_of(Role.ADMINISTRATOR)
    Host.objects.filter(pk=host.pk).update(source=Source.SSH)
    assert "has no way to the host" in operator.post(address, follow=True).content.decode()
    reach = Reach.objects.create(
        name="one", group=host.group, host=host, address="192.0.2.7", created_at=timezone.now(), created_by="alice"
    )
    assert operator.post(address).status_code == 302
    fail_scan(reach=reach.pk, began=timezone.now(), now=timezone.now(), problem="auth_failed")
    html = operator.get(page).content.decode()
    assert "the visit failed" in html
    assert "The machine does not accept this user with this key." in html
    assert "authorized_keys" in html
    assert reverse("scan-host", args=[host.pk]) in html, "and a person may ask again"
    visits = reverse("settings-reach", args=[reach.pk])
    assert visits not in html
    assert visits in administrator.get(page).content.decode()
    assert "la visite a échoué" in operator.get(page, headers={"accept-language": "fr"}).content.decode()
    finish_scan(host=host.pk, now=timezone.now())
    html = operator.get(page).content.decode()
    assert "the visit failed" not in html
    assert ", scanned" in html
