"""A snapshot: the facts of one collection, and the messages that carry or stand for them.

``agents/protocol.schema.json`` is generated from these structures.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from posture.facts.wire.engine import Engine, EngineVolatile
from posture.facts.wire.fact import Fact, ReadError
from posture.facts.wire.host import HostFacts
from posture.facts.wire.values import Digest, Identifier, Link, Moment, Natural, Short, Text


class Source(Fact):
    """How reading one source went. ``Name``: "host.kernel", "docker.containers", "docker.images", ..."""

    Name: Short
    Status: Literal["ok", "failed", "absent"]
    Reason: ReadError | UnsetType = UNSET
    Detail: Text | UnsetType = UNSET  # stable words for people; no times, pids or secrets


class Facts(Fact):
    Host: HostFacts
    Engines: Annotated[list[Engine], Meta(max_length=16)]
    Sources: Annotated[list[Source], Meta(max_length=512)]


class Volatile(Fact):
    Engines: dict[Short, EngineVolatile] | UnsetType = UNSET
    BootTime: Moment | UnsetType = UNSET


# What may go wrong in the agent itself; its words and places stay on the host.
TroubleKind = Literal[
    "budget_spent",
    "clock_wrong",
    "collection_failed",
    "disk_failed",
    "disk_full",
    "misdirected",
    "set_aside",
    "spool_damaged",
    "spool_full",
    "state_damaged",
]


class Trouble(Fact):
    """Something that went wrong in the agent itself, and when, by the server's clock."""

    Kind: TroubleKind
    At: Moment


class Measurements(Fact):
    """Volatile readings of the host; they ride on check-ins. Bytes."""

    MemAvailable: Natural | UnsetType = UNSET
    DataRootFree: Natural | UnsetType = UNSET
    DataRootSize: Natural | UnsetType = UNSET
    LoadAverage: float | UnsetType = UNSET
    # Of the last day, of each kind the last time; absent where there are none.
    Troubles: Annotated[list[Trouble], Meta(max_length=5)] | UnsetType = UNSET


class AgentInfo(Fact):
    Version: Short
    Python: Short
    Interval: Annotated[int, Meta(ge=10, le=86_400)]  # seconds


class Message(Fact, kw_only=True):
    """What check-ins and snapshots carry: who, the place in the sequence, when, and what was seen."""

    protocol: Literal[1]
    installation: Identifier
    # Grows from request to request of an installation, whatever the request is about: one that does not grow is a
    # request that came twice or was overtaken.
    message: Annotated[int, Meta(ge=0, le=2**62)] = 0
    sequence: Annotated[int, Meta(ge=1, le=2**53)]
    previous_digest: Digest | None
    digest: Digest
    link: Link | None = None  # ties this collection to all before it
    # Seconds from the observation to the sending, by a clock that nobody sets; null where the machine started anew
    # in between.
    age: Annotated[float, Meta(ge=0, le=10**9)] | None = None
    boot_id: Identifier
    monotonic: Annotated[float, Meta(ge=0)]
    observed_at: Moment
    sent_at: Moment
    agent: AgentInfo
    measurements: Measurements


class CheckIn(Message):
    """ "Nothing changed", or "this is my digest": one small request per interval."""


class Delivered(Message):
    """A snapshot but for its facts."""

    id: Identifier
    duration: Annotated[float, Meta(ge=0)]  # seconds the collection took
    volatile: Volatile


class Snapshot(Delivered):
    """One delivery of facts. ``digest`` is SHA-256 over the canonical JSON of ``facts``."""

    facts: Facts


class Enrolment(Fact):
    protocol: Literal[1]
    key: Short
    installation: Identifier
    hostname: Annotated[str, Meta(min_length=1, max_length=253)]
    machine_id: Short | None
    agent: AgentInfo
