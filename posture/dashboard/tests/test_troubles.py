"""A host's page tells the troubles of its own agent in plain words, with what to do."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from posture.dashboard.tests.conftest import People
from posture.dashboard.troubles import WORDS
from posture.facts.moments import canonical_moment
from posture.facts.wire.messages import Hello
from posture.facts.wire.snapshot import Measurements, Trouble, TroubleKind
from posture.fleet.models import Host, Role
from posture.fleet.services.hello import take_hello
from posture.fleet.services.states import mark_states
from posture.fleet.tests.cast import Machine, machine


def test_every_kind_has_its_words_in_both_languages() -> None:
    assert set(WORDS) == set(get_args(TroubleKind))
    for pair in WORDS.values():
        with translation.override("en"):
            english = {str(words) for words in pair}
        with translation.override("fr"):
            assert not english & {str(words) for words in pair}


@pytest.fixture
def alpha(db: None) -> Machine:
    """A machine that reported a minute ago."""
    made = machine(now=timezone.now() - timedelta(hours=2))
    made.report([], at=timezone.now() - timedelta(minutes=1))
    made.advance(now=timezone.now())
    return made


def say(host: Machine, *troubles: tuple[TroubleKind, datetime | str]) -> None:
    """Let the host check in and tell of these."""
    told = [
        Trouble(Kind=kind, At=at if isinstance(at, str) else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        for kind, at in troubles
    ]
    said = host.check_in(at=timezone.now(), measurements=Measurements(Troubles=told) if told else Measurements())
    assert not said.deliver


def greet_with(
    host: Machine, *kinds: TroubleKind, at: datetime, later: timedelta = timedelta(), message: int = 0
) -> None:
    """Let the host say hello and tell of these, of then; our clock is later than that by so much."""
    told = [Trouble(Kind=kind, At=canonical_moment(at)) for kind in kinds]
    said = Hello(
        protocol=1, installation=str(host.agent.installation), message=message or host.next_message(),
        sent_at=canonical_moment(at), measurements=Measurements(Troubles=told) if told else Measurements(),
    )  # fmt: skip
    take_hello(agent=host.agent, said=said, now=at + later)


def panel(client: Client, host: Machine) -> str:
    """What the page says about how the host reports."""
    page = client.get(reverse("host", args=[host.agent.host])).content.decode()
    return page.partition('id="reporting"')[2].partition("</section>")[0]


def test_the_newest_trouble_comes_first_with_its_time_and_what_to_do(
    viewer: Client, people: People, alpha: Machine
) -> None:
    say(alpha)
    assert "Trouble in the agent" not in panel(viewer, alpha)
    now = timezone.now()
    say(alpha, ("disk_full", now - timedelta(hours=5)), ("spool_damaged", now - timedelta(minutes=20)))
    told = panel(viewer, alpha)
    damaged, full = told.index("disk was damaged; what it held is lost"), told.index("The machine’s disk was full.")
    assert damaged < full
    assert "20\u00a0minutes ago" in told
    assert "A worn card or disk does this" in told
    people[Role.VIEWER].language = "fr"
    people[Role.VIEWER].save()
    french = panel(viewer, alpha)
    assert "Le disque de la machine était plein." in french
    assert "Une carte ou un disque usé" in french
    say(alpha)
    assert "plein" not in panel(viewer, alpha), "the newest message tells of none"


def test_moments_that_cannot_be_are_left_out(viewer: Client, alpha: Machine) -> None:
    far = timezone.now() + timedelta(days=400)
    say(alpha, ("disk_full", far), ("disk_full", "1970-01-01T00:00:20Z"), ("disk_full", "2026-13-45T99:99:99Z"))
    assert "Trouble in the agent" not in panel(viewer, alpha)


def test_a_host_whose_collections_fail_is_told_of_and_counts_as_silent(
    viewer: Client, people: People, alpha: Machine
) -> None:
    seen = Host.objects.get().last_seen_at
    later = timezone.now() + timedelta(days=3)
    greet_with(alpha, "collection_failed", at=later)
    host = Host.objects.get()
    assert (host.last_seen_at, host.state) == (seen, "reporting"), "a hello is no report"
    mark_states(now=later)
    host = Host.objects.get()
    assert host.state == "silent"
    told = panel(viewer, alpha)
    assert "A collection came to nothing." in told
    assert "posture-agent doctor" in told
    # One that came twice or was overtaken, and one that tells nothing, change nothing.
    greet_with(alpha, "disk_full", at=later, message=1)
    greet_with(alpha, at=later)
    assert Host.objects.get().measurements == host.measurements
    # The next report has the last word.
    say(alpha)
    assert "Trouble in the agent" not in panel(viewer, alpha)
    assert Host.objects.get().measurements == {}
