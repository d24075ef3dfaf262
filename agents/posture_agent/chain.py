"""The chain: each collection is tied to all before it, so that the server sees what is missing or was said twice."""

from __future__ import annotations

from .sha256 import sha256


def first_link(installation: str) -> str:
    """What the first collection of an installation is tied to: 64 hex digits."""
    return str(sha256(b"posture " + installation.encode("ascii")).hexdigest())


def next_link(previous: str, sequence: int, digest: str, boot_id: str, observed_at: str) -> str:
    """The link of a collection, made of the link before and of the collection's own words."""
    text = "%s\n%d\n%s\n%s\n%s" % (previous, sequence, digest, boot_id, observed_at)
    return str(sha256(text.encode("ascii")).hexdigest())
