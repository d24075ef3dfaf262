"""How a host reports, and what people do about its identity."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from posture.dashboard.tests.conftest import ClientOf
from posture.facts.tests.builders import container
from posture.fleet.models import AuditEntry, DroppedRange, EnrolmentKey, Host, Installation, Role, SequenceGap
from posture.fleet.tests.cast import Machine, machine
from posture.fleet.tests.factories import make_host

pytestmark = pytest.mark.django_db


@pytest.fixture
def alpha() -> Machine:
    """A machine that reported an hour ago."""
    made = machine(now=timezone.now() - timedelta(hours=2))
    made.report([container("web")], at=timezone.now() - timedelta(hours=1))
    made.advance(now=timezone.now())
    return made


def html_of(client: Client, host: uuid.UUID) -> str:
    answered = client.get(reverse("host", args=[host]))
    assert answered.status_code == 200
    return answered.content.decode()


def test_the_panel_says_what_came_and_what_to_do(viewer: Client, alpha: Machine) -> None:
    host, installation = alpha.agent.host, Installation.objects.get()
    calm = html_of(viewer, host)
    assert "Collections received" in calm
    assert "Somebody has this agent’s token" not in calm
    now = timezone.now()
    SequenceGap.objects.create(installation=installation, first=4, last=9, noticed_at=now)
    DroppedRange.objects.create(
        host_id=host, installation=installation, first=10, last=12, digest="sha256:" + "0" * 64,
        from_at=now - timedelta(minutes=50), to_at=now - timedelta(minutes=40), received_at=now,
    )  # fmt: skip
    Installation.objects.update(
        last_sequence=12, forged=2, forged_at=now, repeated=3, repeated_at=now,
        quarantined_at=now, clone_reason="broken_chain", clone_address="192.0.2.7",
    )  # fmt: skip
    told = html_of(viewer, host)
    for words in (
        "4–9",
        "Somebody has this agent’s token and not its key",
        "Two machines use this host’s identity",
        "192.0.2.7",
        "its report was not tied to the one before",
        "changed, not kept",
        "There was no room for these facts, they were damaged",
    ):
        assert words in told, words
    assert "larger spool" not in told, "one cause of several, and no advice for a full disk"
    for address in (reverse("changes"), f"{reverse('changes')}?host={host}"):
        assert "Changed, not kept" in viewer.get(address).content.decode()
    assert "button" not in told.partition('id="reporting"')[2].partition("</section>")[0], "viewers only look"


def test_forged_messages_are_told_at_the_top_for_a_week(viewer: Client, alpha: Machine) -> None:
    host, now = alpha.agent.host, timezone.now()
    words = "2 forged messages came under this host’s token."
    for age, told in ((timedelta(days=1), True), (timedelta(days=8), False)):
        Installation.objects.update(forged=2, forged_at=now - age)
        assert (words in html_of(viewer, host).partition('id="trend-head"')[0]) is told
    Installation.objects.update(forged_at=now, revoked_at=now)
    assert words not in html_of(viewer, host)


def test_the_panel_is_not_called_a_state(viewer: Client, alpha: Machine) -> None:
    page = viewer.get(reverse("host", args=[alpha.agent.host]), headers={"accept-language": "fr"}).content.decode()
    assert '<h2 id="reporting-head">Remontées de cet hôte</h2>' in page


def test_what_the_chart_hatches_stands_in_its_table(viewer: Client, alpha: Machine) -> None:
    now = timezone.now()
    DroppedRange.objects.create(
        host_id=alpha.agent.host, installation=Installation.objects.get(), first=10, last=12,
        digest="sha256:" + "0" * 64, from_at=now - timedelta(minutes=50), to_at=now - timedelta(minutes=40),
        received_at=now,
    )  # fmt: skip
    table = html_of(viewer, alpha.agent.host).partition('id="trend-data"')[2].partition("</details>")[0]
    assert "Changed, not kept" in table


def test_enrolling_again_shows_a_key_of_one_use(operator: Client, alpha: Machine) -> None:
    answered = operator.post(reverse("reenrol-host", args=[alpha.agent.host]))
    html = answered.content.decode()
    key = EnrolmentKey.objects.order_by("-pk")[0]
    assert (key.host_id, key.use_limit) == (alpha.agent.host, 1)
    secret = html.split("printf %s ")[1].split(" ")[0]
    assert secret.startswith(key.prefix)
    assert "--again" in html
    assert "no-store" in answered["Cache-Control"]
    assert secret not in html_of(operator, alpha.agent.host)
    assert key.prefix in html_of(operator, alpha.agent.host)


def test_a_new_token_is_asked_for(operator: Client, alpha: Machine) -> None:
    operator.post(reverse("rotate-host", args=[alpha.agent.host]))
    assert Installation.objects.get().rotation_asked_at is not None
    assert "new ones were asked for" in html_of(operator, alpha.agent.host)
    assert "agent_token.rotation_asked" in AuditEntry.objects.values_list("action", flat=True)


def test_a_host_that_was_enrolled_before_is_proposed_and_merged(operator: Client, alpha: Machine) -> None:
    beta = machine("beta", now=timezone.now() - timedelta(minutes=30))
    beta.report([container("web")], at=timezone.now() - timedelta(minutes=20))
    Host.objects.update(machine_id="e" * 32)
    told = html_of(operator, beta.agent.host)
    assert "Was this host enrolled before?" in told
    assert "Was this host enrolled before?" not in html_of(operator, alpha.agent.host)
    address = reverse("merge-host", args=[beta.agent.host])
    for wrong in ("", "x", str(beta.agent.host)):
        assert operator.post(address, {"into": wrong}).status_code == 302
    assert operator.post(address, {"into": str(uuid.uuid4())}).status_code == 404
    assert Host.objects.filter(merged_into=None).count() == 2
    assert operator.post(address, {"into": str(alpha.agent.host)})["Location"] == reverse(
        "host", args=[alpha.agent.host]
    )
    assert operator.get(reverse("host", args=[beta.agent.host]))["Location"] == reverse("host", args=[alpha.agent.host])
    assert "host.merged" in AuditEntry.objects.values_list("action", flat=True)


@pytest.mark.parametrize("name", ["rotate-host", "reenrol-host", "merge-host"])
def test_who_may(client_of: ClientOf, name: str) -> None:
    host = make_host("alpha")
    address = reverse(name, args=[host.pk])
    for role in (Role.VIEWER, Role.AUDITOR):
        assert client_of(role).post(address).status_code == 403
    operator = client_of(Role.OPERATOR)
    assert operator.get(address).status_code == 405
    assert operator.post(reverse(name, args=[uuid.uuid4()])).status_code == 404
    assert Client(enforce_csrf_checks=True).post(address).status_code in {302, 403}
    guarded = Client(enforce_csrf_checks=True)
    guarded.cookies = operator.cookies
    assert guarded.post(address).status_code == 403
