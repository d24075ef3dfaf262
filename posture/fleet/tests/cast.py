"""The cast of the ledger's tests: hosts that enrol, look at themselves and report, at moments that the test chooses."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import msgspec

from posture.facts.chain import first_link, link_tail, next_link
from posture.facts.tests import builders
from posture.facts.wire.container import Container
from posture.facts.wire.snapshot import AgentInfo, CheckIn, Enrolment, Snapshot
from posture.fleet.services.advance import Advanced, advance
from posture.fleet.services.agents import Agent, authenticate
from posture.fleet.services.check_in import CheckedIn, check_in
from posture.fleet.services.delivery import delivery_of
from posture.fleet.services.enrolment import enrol
from posture.fleet.services.enrolment_keys import create_enrolment_key
from posture.fleet.services.snapshots import Stored, store_snapshot
from posture.fleet.tests.factories import make_group

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
SPACE = UUID("2c8a7f3e-7c52-4d55-9b53-0d2b8c1f7a11")
FIVE_MINUTES = timedelta(minutes=5)


def minute(count: float) -> datetime:
    """A moment so many minutes after the start."""
    return START + timedelta(minutes=count)


def make_key(*, uses: int = 1000, group: str = "Fleet") -> str:
    """A key that is good for long."""
    lifetime = timedelta(days=365)
    _key, secret = create_enrolment_key(group=make_group(group), actor="test", uses=uses, lifetime=lifetime)
    return secret


def enrolment(key: str, *, name: str = "alpha", installation: str | None = None) -> Enrolment:
    """What an agent says to be let in."""
    return Enrolment(
        protocol=1,
        key=key,
        installation=installation or str(uuid5(SPACE, name)),
        hostname=name,
        machine_id=None,
        agent=AgentInfo(Version="0.1.0", Python="3.11.2", Interval=300),
    )


@dataclass
class Machine:
    """A host with its agent, which numbers its collections as a real one does."""

    name: str
    token: str
    agent: Agent
    sequence: int = 0
    last_digest: str | None = None
    boot: str = str(uuid5(SPACE, "boot"))
    key: str = ""  # of messages, as it travels
    last_link: str = ""
    tied_to: str = ""
    messages: int = 0
    sent: list[Snapshot] = field(default_factory=list, repr=False)

    def tie(self, digest: str, observed_at: str) -> str:
        """The link of one more collection."""
        self.tied_to = self.last_link
        tail = link_tail(sequence=self.sequence, digest=digest, boot_id=self.boot, observed_at=observed_at)
        self.last_link = next_link(self.last_link or first_link(str(self.agent.installation)), tail)
        return self.last_link

    def told_anew(self, snapshot: Snapshot, **changes: Any) -> Snapshot:
        """The newest collection with other words of its own, tied to the ones before as they were."""
        changed = msgspec.structs.replace(snapshot, **changes)
        self.last_link, self.last_digest = self.tied_to, changed.digest
        return msgspec.structs.replace(changed, link=self.tie(changed.digest, changed.observed_at))

    def next_message(self) -> int:
        """Messages are numbered upwards."""
        self.messages = max(self.messages + 1, self.sequence * 10_000 + 1)
        return self.messages

    def look(self, containers: list[Container], *, at: datetime, **engine: Any) -> Snapshot:
        """Take a snapshot, not yet delivered."""
        self.sequence += 1
        found = builders.snapshot(
            containers,
            sequence=self.sequence,
            observed_at=at,
            installation=self.agent.installation,
            previous_digest=self.last_digest,
            host=builders.host(self.name),
            **engine,
        )
        link = self.tie(found.digest, found.observed_at)
        found = msgspec.structs.replace(
            found, id=str(uuid4()), boot_id=self.boot, link=link, message=self.next_message()
        )
        self.last_digest = found.digest
        self.sent.append(found)
        return found

    def deliver(self, snapshot: Snapshot, *, now: datetime | None = None) -> Stored:
        """Deliver a snapshot, by default right after it was taken. The clock of the agent is right."""
        now = now or datetime.fromisoformat(snapshot.observed_at) + timedelta(seconds=1)
        snapshot = msgspec.structs.replace(snapshot, sent_at=builders.wire_moment(now), message=self.next_message())
        return store_snapshot(agent=self.agent, delivery=delivery_of(snapshot=snapshot), now=now)

    def report(self, containers: list[Container], *, at: datetime, **engine: Any) -> Stored:
        """Take a snapshot and deliver it."""
        return self.deliver(self.look(containers, at=at, **engine))

    def say(self, *, at: datetime, digest: str | None = None, sequence: int | None = None, **more: Any) -> CheckIn:
        """The check-in after one more collection that found nothing new."""
        if sequence is None:
            self.sequence += 1
        last, self.last_digest = self.last_digest, digest or self.last_digest
        assert self.last_digest is not None
        observed_at = more.get("observed_at", builders.wire_moment(at))
        link = self.tie(self.last_digest, observed_at) if sequence is None else self.last_link
        values: dict[str, Any] = {
            "protocol": 1,
            "message": self.next_message(),
            "link": link,
            "installation": str(self.agent.installation),
            "sequence": sequence or self.sequence,
            "previous_digest": last,
            "digest": self.last_digest,
            "boot_id": self.boot,
            "monotonic": 1.0,
            "observed_at": builders.wire_moment(at),
            "sent_at": builders.wire_moment(at),
            "agent": AgentInfo(Version="0.1.0", Python="3.11.2", Interval=300),
            "measurements": builders.snapshot().measurements,
        }
        return CheckIn(**{**values, **more})

    def check_in(self, *, at: datetime, **more: Any) -> CheckedIn:
        """Say so to the server at once."""
        return check_in(token=self.token, check_in=self.say(at=at, **more), now=at)

    def advance(self, *, now: datetime) -> Advanced:
        return advance(host=self.agent.host, now=now)


def machine(name: str = "alpha", *, key: str | None = None, now: datetime = START) -> Machine:
    """A machine that has just enrolled."""
    made = enrol(enrolment=enrolment(key or make_key(), name=name), now=now)
    return Machine(name=name, token=made.token, agent=authenticate(token=made.token, now=now), key=made.key)
