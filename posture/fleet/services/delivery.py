"""A delivery: a snapshot as it travels, opened within limits and checked against its digest."""

import hashlib
import zlib
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from msgspec import Raw

from posture.facts.digest import facts_digest
from posture.facts.wire.messages import Hello, Passages, Rotation
from posture.facts.wire.snapshot import CheckIn, Delivered, Enrolment, Facts, Snapshot
from posture.fleet.services.refusals import TooLarge, WrongShape

Decoded = TypeVar("Decoded")
CHUNK = 256 * 1024
STORED_LEVEL = 1  # a third larger than level 6, and four times as fast


class Envelope(Delivered):
    """``Snapshot`` with its facts left as they came, so that their digest can be taken without encoding them again."""

    facts: Raw


ENVELOPE = msgspec.json.Decoder(Envelope)
FACTS = msgspec.json.Decoder(Facts)
CHECK_IN = msgspec.json.Decoder(CheckIn)
ENROLMENT = msgspec.json.Decoder(Enrolment)
PASSAGES = msgspec.json.Decoder(Passages)
HELLO = msgspec.json.Decoder(Hello)
ROTATION = msgspec.json.Decoder(Rotation)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the store needs: the envelope, the facts as structures, and their canonical bytes."""

    envelope: Envelope
    facts: Facts
    body: bytes


def open_delivery(*, body: bytes) -> Delivery:
    """Decode an expanded body and verify the digest; raises WrongShape with the field."""
    envelope = decode(ENVELOPE, body)
    facts = decode(FACTS, bytes(envelope.facts), place="facts")
    if not facts.Engines:  # an engine that cannot be read is named all the same: nothing is nothing wrong
        raise WrongShape("There is no engine.", field="facts.Engines")
    if len({engine.Key for engine in facts.Engines}) < len(facts.Engines):
        raise WrongShape("Two engines have the same key.", field="facts.Engines")
    return Delivery(envelope, facts, canonical_body(envelope, facts))


def delivery_of(*, snapshot: Snapshot) -> Delivery:
    """A delivery made within the process: the simulator and tests."""
    return open_delivery(body=msgspec.json.encode(snapshot, order="sorted"))


def canonical_body(envelope: Envelope, facts: Facts) -> bytes:
    """The bytes that the digest is of. Agents send them as they are; others are encoded here once more."""
    raw = bytes(envelope.facts)
    if "sha256:" + hashlib.sha256(raw).hexdigest() == envelope.digest:
        return raw
    if facts_digest(facts) == envelope.digest:
        return msgspec.json.encode(facts, order="sorted")
    raise WrongShape("The digest is not that of the facts.", field="digest")


def read_check_in(*, body: bytes) -> CheckIn:
    """Decode a check-in; raises WrongShape with the field."""
    return decode(CHECK_IN, body)


def read_enrolment(*, body: bytes) -> Enrolment:
    """Decode an enrolment; raises WrongShape with the field."""
    return decode(ENROLMENT, body)


def read_passages(*, body: bytes) -> Passages:
    """Decode passages; raises WrongShape with the field."""
    said = decode(PASSAGES, body)
    for place, passage in enumerate(said.passages):
        if passage.last < passage.first:
            raise WrongShape("The last number is before the first.", field=f"passages[{place}].last")
    return said


def read_hello(*, body: bytes) -> Hello:
    """Decode a hello; raises WrongShape with the field."""
    return decode(HELLO, body)


def read_rotation(*, body: bytes) -> Rotation:
    """Decode the wish for new credentials; raises WrongShape with the field."""
    return decode(ROTATION, body)


def decode(decoder: msgspec.json.Decoder[Decoded], body: bytes, *, place: str = "") -> Decoded:
    """Decode one structure; whatever JSON can be made to look like ends as WrongShape."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `")
        raise WrongShape(message, field=field_name(path.rstrip("`"), place)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WrongShape("The body is not well-formed JSON in UTF-8.", field=place) from error


def field_name(path: str, place: str) -> str:
    """ "$.Engines[0].Key" below "facts" as "facts.Engines[0].Key"."""
    return (place + path.removeprefix("$")).lstrip(".")


def expand(*, body: bytes, limit: int) -> bytes:
    """Gunzip at most ``limit`` bytes; raises TooLarge, or WrongShape when it is no whole gzip stream.

    Works in pieces: a bomb costs no more memory than the limit and one piece.
    """
    stream = zlib.decompressobj(wbits=31)
    pieces, size, rest = [], 0, body
    try:
        while not stream.eof:
            piece = stream.decompress(rest, CHUNK)
            rest = stream.unconsumed_tail
            if not piece and not rest:
                break
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                raise TooLarge(f"The body is larger than {limit} bytes when expanded.")
    except zlib.error as error:
        raise WrongShape("The body is not gzip.") from error
    if not stream.eof or stream.unused_data:
        raise WrongShape("The gzip stream is cut short, or something follows it.")
    return b"".join(pieces)


def compress(body: bytes) -> bytes:
    """Gzip for keeping, without a time stamp, so that equal bodies are equal."""
    stream = zlib.compressobj(STORED_LEVEL, zlib.DEFLATED, 31)
    return stream.compress(body) + stream.flush()
