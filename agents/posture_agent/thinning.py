"""Which entries of a full spool have to give way. Entries are a list, oldest first; answers are indexes in it."""

from __future__ import annotations

from .entry import DROPPED, SNAPSHOT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .entry import Entry


def snapshots(entries: list[Entry]) -> list[int]:
    """Where there are bodies."""
    return [index for index, entry in enumerate(entries) if entry.kind == SNAPSHOT]


def intermediate(entries: list[Entry], coming: bool) -> int | None:
    """The snapshot that is missed least: neither the oldest nor the newest one, where others lie closest.

    What stays is so spread over the time. ``coming``: a newer snapshot is about to be added.
    """
    kept = snapshots(entries)
    places = range(1, len(kept) if coming else len(kept) - 1)
    distances = [(distance(entries, kept, place, place), kept[place]) for place in places]
    return min(distances)[1] if distances else None


def crowded(entries: list[Entry], coming: bool) -> list[int]:
    """As ``intermediate``, where files are to become fewer: what is dropped has to merge with a neighbour.

    One snapshot beside a passage, or two snapshots side by side; none where the numbers have gaps everywhere.
    """
    kept = snapshots(entries)
    end = len(kept) if coming else len(kept) - 1
    found = []
    for place in range(1, end):
        index = kept[place]
        if beside_passage(entries, index):
            found.append((distance(entries, kept, place, place), [index]))
        elif place + 1 < end and adjacent(entries, index) and kept[place + 1] == index + 1:
            found.append((distance(entries, kept, place, place + 1), [index, index + 1]))
    return min(found)[1] if found else []


def oldest(entries: list[Entry], coming: bool) -> int | None:
    """The oldest snapshot, unless it is the newest as well."""
    kept = snapshots(entries)
    return kept[0] if len(kept) > (0 if coming else 1) else None


def mergeable(entries: list[Entry]) -> int | None:
    """The first of two neighbours without bodies whose merging loses least: two that were dropped, close together."""
    found = []
    for index in range(len(entries) - 1):
        one, two = entries[index], entries[index + 1]
        if SNAPSHOT not in (one.kind, two.kind) and adjacent(entries, index):
            found.append(((one.kind != DROPPED) + (two.kind != DROPPED), two.last - one.first, index))
    return min(found)[2] if found else None


def passage(entries: list[Entry]) -> int | None:
    """The oldest passage."""
    return next((index for index, entry in enumerate(entries) if entry.kind != SNAPSHOT), None)


def distance(entries: list[Entry], kept: list[int], first: int, last: int) -> int:
    """Collections between the snapshots around those at these places of ``kept``."""
    after = entries[kept[last + 1]].first if last + 1 < len(kept) else entries[-1].last + 1
    return after - entries[kept[first - 1]].first


def adjacent(entries: list[Entry], index: int) -> bool:
    """Whether no number lies between an entry and the next one."""
    return index + 1 < len(entries) and entries[index].last + 1 == entries[index + 1].first


def beside_passage(entries: list[Entry], index: int) -> bool:
    """Whether a passage touches an entry."""
    before = adjacent(entries, index - 1) and entries[index - 1].kind != SNAPSHOT
    return before or (adjacent(entries, index) and entries[index + 1].kind != SNAPSHOT)
