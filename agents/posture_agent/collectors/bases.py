"""What an image was built from: what its builder says, and the images on this host that it goes on from."""

from __future__ import annotations

import re

from ..shape import LONGEST_LIST, Unfit, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# A label may hold anything; credentials before a registry ("user:password@registry/image") are of no reference.
REFERENCE = re.compile(r"[A-Za-z0-9][\w.:/-]{0,254}(?:@sha256:[0-9a-f]{64})?", re.ASCII)
LABEL = "org.opencontainers.image.base.name"


class Origin:
    """What a raw image inspection tells of where the image comes from."""

    def __init__(self, raw: Any) -> None:
        self.said = said((raw.get("Config") or {}).get("Labels") or {})
        self.layers: list[Any] = (raw.get("RootFS") or {}).get("Layers") or []  # digests, oldest first

    def goes_on_from(self, other: Origin) -> bool:
        """Anybody can write a history, so the layers of a base too must be the beginning of ours."""
        return bool(other.layers) and self.layers[: len(other.layers)] == other.layers


def said(labels: Any) -> set[str]:
    """The base that the image's own label names: a public reference, the builder's word. Anything else stays here."""
    try:
        name = text(labels[LABEL])
    except (KeyError, Unfit):
        return set()
    return {name} if REFERENCE.fullmatch(name) else set()


def names(origin: Origin, ancestors: list[tuple[Origin, Any]]) -> list[str]:
    """Tags and registry digests of the images it was built from; ``ancestors`` are those its history begins with.

    An empty list says that nothing is known: that an image was made of nothing cannot be seen, because one that was
    squashed or exported shows no trace of what was below.
    """
    found = set(origin.said)
    for other, facts in ancestors:
        if origin.goes_on_from(other):
            found.update((facts.get("RepoTags") or []) + (facts.get("RepoDigests") or []))
    named = sorted(name for name in found if not name.startswith("<none>"))
    return named if len(named) <= LONGEST_LIST else []
