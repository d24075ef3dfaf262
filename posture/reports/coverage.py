"""Which hosts, and which parts of them, a report's figures do not cover."""

import uuid
from collections.abc import Iterator, Mapping, Sequence

from posture.fleet.models import HostState
from posture.fleet.queries.hosts import HostRow
from posture.fleet.queries.report import EditionScore
from posture.reports.content import Uncovered
from posture.reports.headline import Headline

LOW = 0.5  # coverage below this is worth a line


def gather_uncovered(
    rows: Sequence[HostRow],
    scores: Mapping[uuid.UUID, EditionScore],
    headlines: Mapping[uuid.UUID, Headline],
) -> tuple[Uncovered, ...]:
    """A line for each reason, hosts in the order given."""
    return tuple(line for row in rows for line in lines_of(row, scores.get(row.id), headlines.get(row.id)))


def lines_of(row: HostRow, score: EditionScore | None, headline: Headline | None) -> Iterator[Uncovered]:
    if row.state == HostState.NEVER_SEEN:
        yield Uncovered(row.name, "never_seen")
        return
    if row.state in (HostState.SILENT, HostState.LATE, HostState.OFFLINE):
        yield Uncovered(row.name, row.state.value, since=row.seen_at)
    if score is None:
        yield Uncovered(row.name, "other_edition" if row.judged else "never_judged", since=row.seen_at)
    elif score.standing.coverage < LOW:
        yield Uncovered(row.name, "low_coverage")
    if headline is not None:
        yield from unread_of(row, headline)
        for name, evidence in headline.others:
            yield Uncovered(row.name, "other_runtime", source=name, detail=evidence)


def unread_of(row: HostRow, headline: Headline) -> Iterator[Uncovered]:
    """The sources that could not be read, those with the same reason in one line."""
    same: dict[tuple[str, str], list[str]] = {}
    for source, reason, words in headline.unread:
        same.setdefault((reason, words), []).append(source)
    for (reason, words), sources in same.items():
        yield Uncovered(row.name, "unread", source=", ".join(sources), reason=reason, detail=words)
