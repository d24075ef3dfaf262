"""Keys, agents, groups, labels, parameters, people, the audit log: what changes is written down."""

from datetime import timedelta
from pathlib import Path

from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from posture.dashboard.tests.conftest import ClientOf, People
from posture.dashboard.tests.page import read
from posture.fleet.models import (
    Account,
    AuditEntry,
    EnrolmentKey,
    Group,
    Host,
    HostState,
    Installation,
    Label,
    ParameterSetting,
    Role,
    RulesetAssignment,
)
from posture.fleet.services.audit import record_action
from posture.fleet.tests.factories import make_group, make_host


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def test_a_key_is_shown_once_and_kept_hashed(operator: Client) -> None:
    group = make_group("Lyon")
    answer = operator.post(reverse("add-host"), {"group": group.pk, "uses": 3, "lifetime": "7d", "name": "rack"})
    html = answer.content.decode()
    key = EnrolmentKey.objects.get()
    secret = html.split("printf %s ")[1].split(" ")[0]
    assert secret.startswith(key.prefix)
    assert len(secret) > 40
    assert secret not in key.digest
    assert (key.group, key.use_limit, key.created_by) == (group, 3, "operator")
    assert abs(key.expires_at - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)
    assert actions() == ["enrolment_key.created"]
    assert secret not in str(AuditEntry.objects.get().details)
    for address in (reverse("add-host-wait", args=[key.pk]), reverse("settings-keys")):
        assert secret not in operator.get(address).content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_one_command_installs_and_others_are_at_hand(operator: Client, settings: Settings, tmp_path: Path) -> None:
    settings.AGENT_FILE = tmp_path / "posture-agent.pyz"
    settings.AGENT_FILE.write_bytes(b"an agent")
    html = operator.post(reverse("add-host"), {"group": make_group().pk, "uses": 1, "lifetime": "1d"}).content.decode()
    texts = [element.words for element in read(html).all("code")]
    first = next(text for text in texts if "printf" in text)
    assert "sha256sum -c -" in first
    assert "install --enrol http://" in first
    assert "--key -" in first
    assert any(" enrol http://" in text and text.endswith("send") for text in texts)
    assert any("install" in text and "--proxy" in text for text in texts)
    assert any("install" in text and "--ca /" in text for text in texts)


def test_a_server_for_this_machine_alone_says_so(operator: Client, settings: Settings) -> None:
    for url, alone in (
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("https://[::1]:8443", True),
        ("https://posture.example:8443", False),
        ("https://192.0.2.10", False),
    ):
        settings.PUBLIC_URL = url
        assert ("--listen ADDRESS" in operator.get(reverse("add-host")).content.decode()) is alone, url


def test_an_empty_authority_file_means_the_systems_own(operator: Client, settings: Settings, tmp_path: Path) -> None:
    empty = tmp_path / "tls_ca"
    empty.touch()
    settings.CA_FILE = str(empty)
    asked = {"group": make_group().pk, "uses": 1, "lifetime": "1d"}
    html = operator.post(reverse("add-host"), asked).content.decode()
    assert "--key -" in html
    assert "--ca-sha256" not in html
    assert "--insecure" not in html


def test_waiting_shows_how_far_a_host_is(operator: Client) -> None:
    host = make_host("new-one")
    key = EnrolmentKey.objects.get(installation__host=host)
    page = read(operator.get(reverse("add-host-wait", args=[key.pk])).content.decode())
    assert [element.attributes["class"] for element in page.all("li") if "ol" in element.parents] == [
        "done",
        "done",
        "now",
    ]


def test_a_key_and_an_agent_are_revoked_once(operator: Client, fleet: list[Host]) -> None:
    key = EnrolmentKey.objects.filter(installation__host=fleet[0])[0]
    EnrolmentKey.objects.filter(pk=key.pk).update(used=0)
    agent = Installation.objects.get(host=fleet[0])
    for _twice in range(2):
        assert operator.post(reverse("revoke-key", args=[key.pk])).status_code == 302
        assert operator.post(reverse("revoke-installation", args=[agent.pk])).status_code == 302
    key.refresh_from_db()
    agent.refresh_from_db()
    assert key.revoked_at is not None
    assert agent.revoked_at is not None
    assert actions() == ["enrolment_key.revoked", "agent_token.revoked"]


def test_groups_and_labels_are_made_changed_and_deleted(operator: Client) -> None:
    groups = reverse("settings-groups")
    edition = "cis-docker-1.6.0"
    operator.post(groups, {"kind": "group", "group-name": "Lyon", "group-primary_edition": edition})
    group = Group.objects.get(name="Lyon")
    again = operator.post(groups, {"kind": "group", "group-name": "Lyon", "group-primary_edition": edition})
    assert again.status_code == 200
    assert Group.objects.filter(name="Lyon").count() == 1
    address = reverse("settings-group", args=[group.pk])
    operator.post(address, {"name": "Grenoble", "primary_edition": edition})
    operator.post(groups, {"kind": "label", "label-name": "edge"})
    operator.post(reverse("settings-label", args=[Label.objects.get().pk]))
    operator.post(address, {"delete": "1"})
    assert actions() == ["group.created", "group.renamed", "label.created", "label.deleted", "group.deleted"]
    assert not Group.objects.filter(name="Grenoble").exists()


def test_a_group_with_hosts_stays(operator: Client, fleet: list[Host]) -> None:
    answer = operator.post(reverse("settings-group", args=[fleet[0].group_id]), {"delete": "1"}, follow=True)
    assert "This group still holds hosts" in answer.content.decode()
    assert Group.objects.filter(pk=fleet[0].group_id).exists()


def test_a_host_is_moved_labelled_and_retired(operator: Client, fleet: list[Host]) -> None:
    host, group, label = fleet[0], make_group("Lyon"), Label.objects.create(name="edge")
    data = {"name": host.name, "group": group.pk, "labels": [label.pk], "retired": "on"}
    operator.post(reverse("edit-host", args=[host.pk]), data)
    host.refresh_from_db()
    assert (host.group, host.state) == (group, HostState.RETIRED)
    assert list(host.labels.all()) == [label]
    assert actions() == ["host.moved", "host.retired", "host.labelled"]
    assert host.name not in operator.get(reverse("hosts")).content.decode()
    assert host.name in operator.get(reverse("hosts"), {"state": "retired"}).content.decode()


def test_a_parameter_makes_a_new_ruleset_from_now_on(operator: Client, fleet: list[Host]) -> None:
    before = RulesetAssignment.objects.filter(host=fleet[0]).count()
    data = {"rule": "container-privileged-ports", "name": "x", "value": "1"}
    operator.post(reverse("settings-benchmarks"), data)
    assert not ParameterSetting.objects.exists()
    for rule, name, value in (("daemon-minimum-version", "minimum", "abc"), ("host-kernel-minimum", "minimum", "-")):
        operator.post(reverse("settings-benchmarks"), {"rule": rule, "name": name, "value": value})
        assert not ParameterSetting.objects.exists()  # no version, though a text, and though no edition asks today
    data = {"rule": "container-recent-image", "name": "maximum_age_days", "value": "90"}
    operator.post(reverse("settings-benchmarks"), data)
    assert ParameterSetting.objects.get().value == 90
    assert RulesetAssignment.objects.filter(host=fleet[0]).count() == before + 1
    for value in ("many", "9" * 20):
        operator.post(reverse("settings-benchmarks"), {**data, "value": value})
        assert ParameterSetting.objects.get().value == 90
    operator.post(reverse("settings-benchmarks"), {**data, "value": ""})
    assert not ParameterSetting.objects.exists()
    assert actions() == ["parameter.changed", "parameter.cleared"]


def test_an_account_is_made_with_a_password_shown_once(administrator: Client) -> None:
    answer = administrator.post(reverse("settings-people"), {"username": "maria", "role": "auditor"})
    shown = [
        element.words for element in read(answer.content.decode()).elements if element.attributes.get("class") == "once"
    ]
    account = Account.objects.get(username="maria")
    assert account.check_password(shown[0])
    assert account.must_change_password
    assert account.role == Role.AUDITOR
    assert shown[0] not in str(list(AuditEntry.objects.values_list("details", flat=True)))
    assert shown[0] not in administrator.get(reverse("settings-people")).content.decode()


def test_accounts_change_and_the_last_administrator_stays(administrator: Client, people: People) -> None:
    def post(account: Account, **data: str) -> str:
        answer = administrator.post(reverse("settings-person", args=[account.pk]), data, follow=True)
        return answer.content.decode()

    post(people[Role.VIEWER], do="role", role="operator")
    post(people[Role.AUDITOR], do="close")
    post(people[Role.AUDITOR], do="open")
    post(people[Role.OPERATOR], do="reset")
    assert "last active administrator" in post(people[Role.ADMINISTRATOR], do="role", role="viewer")
    assert "last active administrator" in post(people[Role.ADMINISTRATOR], do="close")
    assert "not understood" in post(people[Role.VIEWER], do="role", role="emperor")
    assert Account.objects.get(username="viewer").role == Role.OPERATOR
    assert Account.objects.get(username="administrator").role == Role.ADMINISTRATOR
    assert actions() == ["account.role_changed", "account.deactivated", "account.activated", "account.password_reset"]


def test_the_audit_log_tells_before_and_after(client_of: ClientOf) -> None:
    details = {"to": ["posture", "strict"], "from": None, "own": True}
    record_action(actor="alice", action="group.editions", subject="Lab", details=details, address=None)
    page = read(client_of(Role.AUDITOR).get(reverse("settings-audit")).content.decode())
    assert "Before – · After posture, strict · own yes" in {" ".join(cell.words.split()) for cell in page.all("td")}


def test_the_audit_log_filters_and_pages(client_of: ClientOf, operator: Client) -> None:
    for number in range(60):
        Label.objects.all().delete()
        operator.post(reverse("settings-groups"), {"kind": "label", "label-name": f"label-{number}"})
    auditor = client_of(Role.AUDITOR)
    address = reverse("settings-audit")
    page = auditor.get(address).content.decode()
    assert "1–50 of 60" in page
    assert "51–60 of 60" in auditor.get(address, {"page": 2}).content.decode()
    assert "1–1 of 1" in auditor.get(address, {"subject": "label-42"}).content.decode()
    assert "No action fits" in auditor.get(address, {"actor": "nobody"}).content.decode()


def test_open_pages_hear_of_news(viewer: Client, fleet: list[Host]) -> None:
    page = read(viewer.get(reverse("hosts")).content.decode())
    poll = next(
        element.attributes["hx-get"] for element in page.elements if "seen=" in element.attributes.get("hx-get", "")
    )
    assert "HX-Trigger" not in viewer.get(poll)
    Host.objects.filter(pk=fleet[0].pk).update(state=HostState.SILENT)
    assert viewer.get(poll)["HX-Trigger"] == "posture-changed"


def test_pages_of_the_past_do_not_poll_and_say_so(viewer: Client, fleet: list[Host]) -> None:
    html = viewer.get(reverse("overview"), {"as_of": "2026-01-01T00:00"}).content.decode()
    assert "You see the past" in html
    assert "seen=" not in html
    links = [element.attributes.get("href", "") for element in read(html).all("a")]
    carried = [link for link in links if link.startswith(("/hosts", "/findings", "/changes", "/inventory"))]
    assert carried
    assert all("as_of=2026-01-01T00%3A00" in link for link in carried)


def test_the_audit_log_tells_names_and_moments_as_pages_do(client_of: ClientOf) -> None:
    details = {
        "group": "Lyon",
        "uses": 3,
        "expires_at": "2026-03-09T08:07:06.123456+00:00",
        "how": "2026-99-99T1+00:00",
    }
    AuditEntry.objects.create(
        at=timezone.now(), actor="alice", action="enrolment_key.created", subject="pek", details=details
    )
    client = client_of(Role.AUDITOR)
    for language, words in (
        ("en", ("Uses <b><bdi>3<", "Valid until <b><bdi>9 Mar 2026, 08:07<", "2026-99-99T1+00:00<")),
        ("fr", ("Utilisations <b><bdi>3<", "9 mars 2026, 08:07<")),
    ):
        page = client.get(reverse("settings-audit"), headers={"accept-language": language}).content.decode()
        for word in words:
            assert word in page, word
