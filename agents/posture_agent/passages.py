"""Passages: collections whose facts are not sent, in runs. docs/protocol.md tells what they mean."""

from __future__ import annotations

from .entry import DROPPED, UNCHANGED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

LONGEST_PAUSE = 3  # intervals between two collections of one unchanged run


def passage_of(place: dict[str, Any], kind: str, interval: int) -> dict[str, Any]:
    """What the spool keeps of one collection. ``place``: a Position's content."""
    return {
        "kind": kind,
        "first": place["sequence"],
        "last": place["sequence"],
        "previous_digest": place["previous_digest"],
        "digest": place["digest"],
        "link": place["link"],
        "boot_id": place["boot_id"],
        "from_boot": place["boot_id"],
        "from_at": place["observed_at"],
        "to_at": place["observed_at"],
        "from_clock": place["clock"],
        "to_clock": place["clock"],
        "interval": interval,
    }


def extends(run: dict[str, Any], passage: dict[str, Any]) -> bool:
    """Whether an unchanged run goes on with another one: same facts, same boot, no long pause, no number between."""
    return bool(
        run["kind"] == passage["kind"] == UNCHANGED
        and run["last"] + 1 == passage["first"]
        and run["digest"] == passage["digest"]
        and run["boot_id"] == passage["from_boot"]
        and 0 <= passage["from_clock"] - run["to_clock"] <= LONGEST_PAUSE * max(run["interval"], passage["interval"])
    )


def merged(one: dict[str, Any], two: dict[str, Any]) -> dict[str, Any]:
    """Two neighbours as one; only where one goes on as the other did nothing is lost but the moments between."""
    kind = UNCHANGED if extends(one, two) else DROPPED
    kept = {name: one[name] for name in ("first", "previous_digest", "from_boot", "from_at", "from_clock")}
    return dict(two, kind=kind, interval=max(one["interval"], two["interval"]), **kept)


def said(passage: dict[str, Any], age: Callable[[str, float], float | None]) -> dict[str, Any]:
    """The passage as it travels. ``age``: as ``Anchors.age``."""
    names = ("kind", "first", "last", "previous_digest", "digest", "link", "boot_id", "from_at", "to_at")
    return dict(
        {name: passage[name] for name in names},
        from_age=age(passage["from_boot"], passage["from_clock"]),
        to_age=age(passage["boot_id"], passage["to_clock"]),
    )
