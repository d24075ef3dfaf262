"""The load of ``bench ingest``: imaginary agents that talk HTTP, as real ones do."""

import gzip
from base64 import b64decode
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from queue import SimpleQueue
from uuid import uuid4

import msgspec

from posture.facts.chain import first_link, link_tail, next_link
from posture.facts.digest import facts_digest
from posture.facts.tests import builders
from posture.facts.wire.container import Container
from posture.facts.wire.snapshot import AgentInfo, CheckIn, Enrolment, Snapshot
from posture.fleet.services.credentials import mac_of
from posture.fleet.services.enrolment import enrol
from posture.fleet.services.enrolment_keys import create_enrolment_key
from posture.fleet.services.groups import get_or_create_group

AGENT = AgentInfo(Version="0.1.0", Python="3.11.2", Interval=300)
LIMIT = 120.0


@dataclass
class ImaginaryAgent:
    """One host's agent: its token, and how far its sequence has come."""

    name: str
    installation: str
    token: str
    key: bytes
    number: int  # 0 where the hosts are alike: what is added to its containers' settings
    sequence: int = 0
    last: Snapshot | None = None
    body: bytes = b""
    boot: str = field(default_factory=lambda: str(uuid4()))
    link: str = ""

    def tie(self, digest: str, observed_at: str) -> str:
        """The link of one more collection."""
        tail = link_tail(sequence=self.sequence, digest=digest, boot_id=self.boot, observed_at=observed_at)
        self.link = next_link(self.link or first_link(self.installation), tail)
        return self.link

    def take(self, containers: Sequence[Container]) -> None:
        """Look at an engine with these containers; the body to deliver is made here, outside of what is measured."""
        self.sequence += 1
        previous = self.last.digest if self.last else None
        found = builders.snapshot(
            containers,
            sequence=self.sequence,
            observed_at=datetime.now(UTC),
            installation=self.installation,
            previous_digest=previous,
            host=builders.host(self.name),
        )
        digest = facts_digest(found.facts)
        self.last = msgspec.structs.replace(
            found,
            id=str(uuid4()),
            boot_id=self.boot,
            digest=digest,
            sent_at=now_text(),
            message=self.sequence * 10_000 + 1,
            link=self.tie(digest, found.observed_at),
            age=0.5,
        )
        self.body = gzip.compress(msgspec.json.encode(self.last, order="sorted"), 6)

    def next_check_in(self) -> bytes:
        """The body of the check-in after a collection that found nothing new."""
        if self.last is None:
            raise RuntimeError("a check-in follows a snapshot")
        self.sequence += 1
        moment = now_text()
        said = CheckIn(
            protocol=1,
            installation=self.installation,
            message=self.sequence * 10_000 + 1,
            sequence=self.sequence,
            previous_digest=self.last.digest,
            digest=self.last.digest,
            link=self.tie(self.last.digest, moment),
            age=0.1,
            boot_id=self.boot,
            monotonic=float(self.sequence),
            observed_at=moment,
            sent_at=moment,
            agent=AGENT,
            measurements=self.last.measurements,
        )
        return msgspec.json.encode(said)


def now_text() -> str:
    return builders.wire_moment(datetime.now(UTC))


def enrol_agents(count: int, *, alike: bool) -> list[ImaginaryAgent]:
    """So many enrolled agents; through the service, which is quicker.

    ``alike``: their hosts run the same services, as those of a fleet do; else no two containers have equal settings.
    """
    _key, secret = create_enrolment_key(group=get_or_create_group(), actor="bench", uses=count)
    agents = []
    for number in range(1, count + 1):
        installation = str(uuid4())
        name = f"bench-{installation[:8]}"
        said = Enrolment(protocol=1, key=secret, installation=installation, hostname=name, machine_id=None, agent=AGENT)
        made = enrol(enrolment=said, now=datetime.now(UTC))
        agents.append(ImaginaryAgent(name, installation, made.token, b64decode(made.key), 0 if alike else number))
    return agents


def containers_of(agent: ImaginaryAgent, count: int, *, changed: int | None = None) -> list[Container]:
    """A host's containers: of five kinds, each with limits of its own. ``changed`` is the number of one that looks
    different from before."""
    kinds = (builders.container, builders.container, builders.hardened, builders.container, builders.hardened)
    salt = agent.number * 10_000
    made = []
    for number in range(count):
        memory = 0 if number % 3 == 0 else 2**28 + salt + number + (5000 if number == changed else 0)
        config = {"Image": f"registry.example/{number % 12}:1.{salt + number % 12}"}
        limits = {"Memory": memory, "CpuShares": salt + number + 2 + (5000 if number == changed else 0)}
        made.append(kinds[number % 5](f"service-{number}", HostConfig=limits, Config=config))
    return made


@dataclass(frozen=True, slots=True)
class Call:
    """One message, signed before it is sent: what that costs is no part of what is measured."""

    token: str
    mac: str
    body: bytes
    zipped: bool


def call_of(agent: ImaginaryAgent, path: str, body: bytes, *, zipped: bool) -> Call:
    return Call(agent.token, mac_of(key=agent.key, path=path, body=body), body, zipped)


def post_all(port: int, path: str, calls: Sequence[Call], *, threads: int) -> list[int]:
    """Send every call over kept-alive connections; gives the statuses."""
    queue: SimpleQueue[Call | None] = SimpleQueue()
    for call in calls:
        queue.put(call)
    for _thread in range(threads):
        queue.put(None)

    def work(_number: int) -> list[int]:
        return list(posts(port, path, queue))

    with ThreadPoolExecutor(threads) as pool:
        return [status for statuses in pool.map(work, range(threads)) for status in statuses]


def posts(port: int, path: str, queue: SimpleQueue[Call | None]) -> Iterator[int]:
    """Take calls from the queue until it says None."""
    connection = HTTPConnection("127.0.0.1", port, timeout=LIMIT)
    while (call := queue.get()) is not None:
        headers = {
            "Authorization": f"Bearer {call.token}",
            "Content-Type": "application/json",
            "Posture-Mac": call.mac,
        }
        if call.zipped:
            headers["Content-Encoding"] = "gzip"
        connection.request("POST", path, call.body, headers)
        answer = connection.getresponse()
        answer.read()
        yield answer.status
    connection.close()
