"""The chain: each collection of an installation is tied to all before it by a hash."""

import hashlib


def first_link(installation: str) -> str:
    """What the first collection of an installation (its id as text) is tied to."""
    return hashlib.sha256(b"posture " + installation.encode()).hexdigest()


def link_tail(*, sequence: int, digest: str, boot_id: str, observed_at: str) -> str:
    """What a link is made of besides the link before: the observation's own words, as they travel."""
    return f"\n{sequence}\n{digest}\n{boot_id}\n{observed_at}"


def next_link(previous: str, tail: str) -> str:
    """The link of an observation whose ``link_tail`` this is: 64 hex digits."""
    return hashlib.sha256((previous + tail).encode()).hexdigest()
