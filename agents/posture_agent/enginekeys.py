"""Keys of engines on their host: an engine keeps its own, whichever others come and go."""

from __future__ import annotations

import os

from .endpoints import user_of
from .storage import read_json, write_memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator, Optional

MAX_KEPT = 64  # endpoints
KINDS = ("docker", "podman")


class EngineKeys:
    """Gives keys: "docker" and "podman", with the uid for engines of ordinary users ("podman-1000"), else numbered.

    ``path`` is where they are kept between collections; None keeps nothing.
    """

    def __init__(self, path: Optional[str]) -> None:
        self.path = path
        self.kept = kept_in(path)
        self.given: set[str] = set()
        self.changed = False

    def kind(self, endpoint: str) -> str:
        """What an engine is that does not answer: what it was, else what its address sounds like."""
        known = self.kept.get(place_of(endpoint))
        return known[1] if known else "podman" if "podman" in endpoint else "docker"

    def give(self, endpoint: str, kind: str, answered: bool) -> str:
        """The key of an engine; kept only where it ``answered``, because else its kind is a guess."""
        place = place_of(endpoint)
        known = self.kept.get(place)
        taken = self.given | {key for other, (key, _) in self.kept.items() if other != place}
        if known and known[1] == kind and known[0] not in self.given:
            key = known[0]
        else:
            key = next(one for one in candidates(kind, user_of(endpoint)) if one not in taken)
        self.given.add(key)
        if answered and known != (key, kind) and (known or len(self.kept) < MAX_KEPT):
            self.kept[place] = (key, kind)
            self.changed = True
        return key

    def forget(self, endpoint: str) -> None:
        """Its key is free for others."""
        self.changed = self.kept.pop(place_of(endpoint), None) is not None or self.changed

    def save(self) -> None:
        """Keep what was given anew."""
        if self.path and self.changed:
            write_memory(self.path, {place: list(pair) for place, pair in self.kept.items()})


def candidates(kind: str, user: Optional[int]) -> Iterator[str]:
    """Keys for an engine, best first."""
    name = kind if user is None else "%s-%d" % (kind, user)
    yield name
    number = 2
    while True:
        yield "%s-%d" % (name, number)
        number += 1


def place_of(endpoint: str) -> str:
    """The endpoint without detours: one socket has one place."""
    scheme, _, path = endpoint.partition("unix://")
    return "unix://" + os.path.realpath(path) if not scheme and path else endpoint


def kept_in(path: Optional[str]) -> dict[str, tuple[str, str]]:
    """(key, kind) by place; what cannot be read is nothing."""
    try:
        content: Any = read_json(path) if path else {}
    except (OSError, ValueError):
        return {}
    pairs = content.items() if isinstance(content, dict) else ()
    found: dict[str, tuple[str, str]] = {}
    for place, pair in pairs:
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, str) for one in pair):
            key, kind = pair
            if kind in KINDS and key.startswith(kind) and len(key) < 64:
                found[place] = (key, kind)
    return found
