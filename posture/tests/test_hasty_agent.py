"""A real agent that looks far more often than it may: it is told to wait, waits, and nothing of what it saw is lost."""

import time
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from agents.posture_agent.state import State
from posture.facts.wire.snapshot import AgentInfo, Enrolment
from posture.fleet.models import DroppedRange, Installation, PresenceSpan, SequenceGap
from posture.fleet.services.enrolment import enrol
from posture.fleet.services.enrolment_keys import create_enrolment_key
from posture.fleet.tests.factories import make_group
from posture.tests.chaos import agent
from posture.tests.chaos.fleet import Fleet, Life

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SEED, MORE, PACE, LIMIT = 4, 5.0, 0.05, 120.0  # seconds, all but the first
TOLD = "the server answered 429"


def words(folder: Path) -> str:
    """What the agent has said so far."""
    log = folder / "log"
    return log.read_text(encoding="utf-8") if log.exists() else ""


def test_it_waits_and_loses_nothing(live_server: LiveServer, settings: Settings, tmp_path: Path) -> None:
    settings.AGENT_RATE, settings.AGENT_BURST = 60, 10
    _key, secret = create_enrolment_key(group=make_group(), actor="test", uses=1, lifetime=timedelta(days=1))
    said = Enrolment(
        protocol=1,
        key=secret,
        installation=str(uuid4()),
        hostname="hasty",
        machine_id=None,
        agent=AgentInfo(Version="0.1.0", Python="3.11.2", Interval=agent.INTERVAL),
    )
    made = enrol(enrolment=said, now=timezone.now())
    agent.prepare(str(tmp_path), live_server.url, said.installation, made)
    fleet = Fleet([Life("hasty", tmp_path, SEED, live_server.url, PACE, small=False)])
    try:
        fleet.start()
        end = time.monotonic() + LIMIT
        while TOLD not in words(tmp_path):
            assert time.monotonic() < end, words(tmp_path)
            time.sleep(0.1)
        time.sleep(MORE)
        assert fleet.settle(LIMIT) == []
        known = Installation.objects.get()
        assert known.last_sequence == State(str(tmp_path / "state")).position().read()["sequence"] > 10
        assert agent.waiting_files(tmp_path) == []
        assert not SequenceGap.objects.exists()
        assert not DroppedRange.objects.exists()
        numbers = PresenceSpan.objects.values_list("first_sequence", "last_sequence")
        assert sum(last - first + 1 for first, last in numbers) == known.last_sequence
        assert (known.quarantined_at, known.forged) == (None, 0)
    finally:
        fleet.end()
