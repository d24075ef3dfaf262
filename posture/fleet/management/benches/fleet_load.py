"""The load of ``bench ingest``: imaginary agents that talk HTTP, as real ones do."""

import gzip
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from queue import SimpleQueue
from uuid import uuid4

import msgspec

from posture.facts.digest import facts_digest
from posture.facts.snapshot import AgentInfo, CheckIn, Container, Enrolment, Snapshot
from posture.facts.tests import builders
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
    number: int  # 0 where the hosts are alike: what is added to its containers' settings
    sequence: int = 0
    last: Snapshot | None = None
    body: bytes = b""
    boot: str = field(default_factory=lambda: str(uuid4()))

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
        self.last = msgspec.structs.replace(
            found, id=str(uuid4()), boot_id=self.boot, digest=facts_digest(found.facts), sent_at=now_text()
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
            sequence=self.sequence,
            previous_digest=self.last.digest,
            digest=self.last.digest,
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
    """So many enrolled agents; through the service, as the door lets in 30 a minute from one address.

    ``alike``: their hosts run the same services, as those of a fleet do; else no two containers have equal settings.
    """
    _key, secret = create_enrolment_key(group=get_or_create_group(), actor="bench", uses=count)
    agents = []
    for number in range(1, count + 1):
        installation = str(uuid4())
        name = f"bench-{installation[:8]}"
        said = Enrolment(protocol=1, key=secret, installation=installation, hostname=name, machine_id=None, agent=AGENT)
        token = enrol(enrolment=said, now=datetime.now(UTC)).token
        agents.append(ImaginaryAgent(name, installation, token, 0 if alike else number))
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


def post_all(port: int, path: str, calls: Sequence[tuple[str, bytes, bool]], *, threads: int) -> list[int]:
    """Send every (token, body, whether gzipped) over kept-alive connections; gives the statuses."""
    queue: SimpleQueue[tuple[str, bytes, bool] | None] = SimpleQueue()
    for call in calls:
        queue.put(call)
    for _thread in range(threads):
        queue.put(None)

    def work(_number: int) -> list[int]:
        return list(posts(port, path, queue))

    with ThreadPoolExecutor(threads) as pool:
        return [status for statuses in pool.map(work, range(threads)) for status in statuses]


def posts(port: int, path: str, queue: "SimpleQueue[tuple[str, bytes, bool] | None]") -> Iterator[int]:
    """Take calls from the queue until it says None."""
    connection = HTTPConnection("127.0.0.1", port, timeout=LIMIT)
    while (call := queue.get()) is not None:
        token, body, zipped = call
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if zipped:
            headers["Content-Encoding"] = "gzip"
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        yield answer.status
    connection.close()
