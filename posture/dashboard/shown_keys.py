"""Host keys that a page showed and a person approves together: "REACH FINGERPRINT" for each."""

from collections.abc import Sequence
from uuid import UUID

MOST = 2000  # of one form


def read_shown(words: Sequence[str]) -> dict[UUID, str]:
    """The fingerprint that a person saw, by reach; what is none is left out."""
    shown = {}
    for word in words[:MOST]:
        reach, _separator, fingerprint = word.partition(" ")
        try:
            shown[UUID(reach)] = fingerprint
        except ValueError:
            continue
    return shown
