"""Who may enter which page."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from posture.dashboard.tests.addresses import readable_pages
from posture.dashboard.tests.conftest import ClientOf
from posture.dashboard.tests.page import read
from posture.fleet.models import Host, Report, Resource, Role

RANKS = list(Role)


@pytest.fixture
def report(fleet: list[Host]) -> Report:
    now = timezone.now()
    return Report.objects.create(
        host=fleet[0], edition="cis-docker-1.6.0", as_of=now, language="en", created_at=now, created_by="auditor",
        state="done", body=b"%PDF-1.7 test", size=13, digest="sha256:" + "2" * 64, finished_at=now,
    )  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("role", list(Role))
def test_each_role_reads_what_it_may_and_no_more(
    client_of: ClientOf, fleet: list[Host], report: Report, role: Role
) -> None:
    client = client_of(role)
    for name, (address, least) in readable_pages(fleet[0]).items():
        status = client.get(address).status_code
        allowed = RANKS.index(role) >= RANKS.index(least)
        assert status == ((204 if name == "live" else 200) if allowed else 403), (name, role)


def test_strangers_are_sent_to_the_sign_in(stranger: Client, fleet: list[Host], report: Report) -> None:
    for name, (address, _least) in readable_pages(fleet[0]).items():
        answer = stranger.get(address)
        assert answer.status_code == 302, name
        assert answer["Location"].startswith(reverse("sign-in")), name


def test_what_is_not_there_answers_404(client_of: ClientOf, fleet: list[Host]) -> None:
    auditor = client_of(Role.AUDITOR)
    nobody = "00000000-0000-4000-8000-000000000000"
    for address in (
        f"/hosts/{nobody}",
        f"/hosts/{nobody}/resources/1",
        f"/hosts/{fleet[0].pk}/resources/999999",
        f"/hosts/{fleet[0].pk}/resources/999999/container-memory-limit",
        "/rules/no-such-rule",
        f"/reports/{nobody}",
        "/nowhere",
    ):
        answer = auditor.get(address)
        assert answer.status_code == 404, address
        assert "<h1>There is nothing here</h1>" in answer.content.decode()


def test_nul_in_an_address_is_not_there(viewer: Client, fleet: list[Host]) -> None:
    resource = Resource.objects.filter(host=fleet[0])[0]
    assert viewer.get(f"/hosts/{fleet[0].pk}/resources/{resource.pk}/%00").status_code == 404


def test_a_missing_role_is_said_in_words(viewer: Client) -> None:
    answer = viewer.get(reverse("settings-people"))
    assert answer.status_code == 403
    assert "“Administrator”" in answer.content.decode()
    assert "“Viewer”" in answer.content.decode()


@pytest.mark.long
@pytest.mark.parametrize(("role", "first"), [(Role.VIEWER, "settings-groups"), (Role.AUDITOR, "settings-keys")])
def test_no_link_leads_where_the_role_may_not_go(
    client_of: ClientOf, fleet: list[Host], role: Role, first: str
) -> None:
    client = client_of(role)
    answer = client.get(reverse("settings"), follow=True)
    assert answer.redirect_chain == [(reverse(first), 302)]
    pages = [answer.content.decode(), client.get(reverse("overview")).content.decode()]
    links = {link.attributes.get("href", "") for html in pages for link in read(html).all("a")}
    assert reverse("settings-groups") in links
    assert ({reverse("reports"), reverse("settings-keys")} <= links) is (role is Role.AUDITOR)
    for link in links:
        if link.startswith("/"):
            assert client.get(link, follow=True).status_code == 200, link


def writes(host: Host) -> dict[str, tuple[str, dict[str, Any], Role]]:
    return {
        "edit a host": (reverse("edit-host", args=[host.pk]), {"name": "x"}, Role.OPERATOR),
        "make a key": (reverse("add-host"), {}, Role.OPERATOR),
        "make a group": (reverse("settings-groups"), {"kind": "group", "group-name": "x"}, Role.OPERATOR),
        "set a parameter": (reverse("settings-benchmarks"), {"rule": "x"}, Role.OPERATOR),
        "make an account": (reverse("settings-people"), {"username": "x"}, Role.ADMINISTRATOR),
        "ask for a report": (reverse("reports"), {}, Role.AUDITOR),
    }


@pytest.mark.parametrize("role", list(Role))
def test_writes_need_their_role(client_of: ClientOf, fleet: list[Host], role: Role) -> None:
    client = client_of(role)
    for name, (address, data, least) in writes(fleet[0]).items():
        status = client.post(address, data).status_code
        if RANKS.index(role) >= RANKS.index(least):
            assert status in (200, 302), name
        else:
            assert status == 403, name


def test_writes_need_a_csrf_token(people: dict[Role, Any], fleet: list[Host]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people[Role.ADMINISTRATOR], backend="django.contrib.auth.backends.ModelBackend")
    for name, (address, data, _least) in writes(fleet[0]).items():
        assert client.post(address, data).status_code == 403, name
    assert client.post(reverse("sign-out")).status_code == 403


def test_a_viewer_does_not_download_but_an_auditor_does(client_of: ClientOf, report: Report) -> None:
    address = reverse("download-report", args=[report.pk])
    assert client_of(Role.VIEWER).get(address).status_code == 403
    answer = client_of(Role.AUDITOR).get(address)
    assert answer.content == b"%PDF-1.7 test"
    assert answer["Content-Disposition"].startswith('attachment; filename="posture-host-000-')


def test_an_account_that_was_closed_is_out_at_once(client_of: ClientOf, people: dict[Role, Any]) -> None:
    client = client_of(Role.VIEWER)
    assert client.get(reverse("overview")).status_code == 200
    people[Role.VIEWER].is_active = False
    people[Role.VIEWER].save()
    assert client.get(reverse("overview")).status_code == 302
