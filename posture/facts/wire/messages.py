"""What agents say besides check-ins and snapshots: docs/protocol.md."""

from typing import Annotated, Literal

from msgspec import Meta

from posture.facts.wire.fact import Fact
from posture.facts.wire.snapshot import Measurements
from posture.facts.wire.values import Digest, Identifier, Link, Moment

Sequence = Annotated[int, Meta(ge=1, le=2**53)]
MAX_PASSAGES = 500


class Passage(Fact):
    """A run of collections, ``first`` to ``last``, whose facts are not sent.

    ``unchanged``: each confirmed ``digest``, none more than three intervals after the one before, all in one boot.
    ``dropped``: facts changed at least once and were not kept; ``digest`` and ``link`` are those of the last.
    """

    kind: Literal["unchanged", "dropped"]
    first: Sequence
    last: Sequence
    previous_digest: Digest | None  # of the collection before the first
    digest: Digest
    link: Link
    boot_id: Identifier
    from_at: Moment
    to_at: Moment
    from_age: Annotated[float, Meta(ge=0, le=10**9)] | None  # as Message.age, of the first and of the last
    to_age: Annotated[float, Meta(ge=0, le=10**9)] | None


class Request(Fact):
    """A message about the installation rather than about one collection."""

    protocol: Literal[1]
    installation: Identifier
    message: Annotated[int, Meta(ge=1, le=2**62)]
    sent_at: Moment


class Passages(Request):
    """What happened while nothing could be sent, oldest first."""

    interval: Annotated[int, Meta(ge=10, le=86_400)]  # seconds between two collections
    passages: Annotated[list[Passage], Meta(min_length=1, max_length=MAX_PASSAGES)]


class Hello(Request):
    """Is this token taken, and what are the settings? Its troubles are kept, nothing else; no report."""

    measurements: Measurements


class Rotation(Request):
    """A wish for a new token and key."""
