"""The overview: where the fleet stands, what moved it, what to do first."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from posture.dashboard.access import page
from posture.dashboard.fixfirst import fix_first
from posture.dashboard.moves import Move, largest_moves
from posture.dashboard.numbers import write_change
from posture.dashboard.pictures import picture_sections, picture_trend, thin_points
from posture.dashboard.request import Asked
from posture.dashboard.rulebook import CheckWords, critical_keys, sections_of, words_of
from posture.dashboard.span import RANGES, trend_start
from posture.fleet.models import HostState
from posture.fleet.queries.changes import Period, count_changes, list_change_sets
from posture.fleet.queries.checks import STATUSES, CheckRow, check_rows
from posture.fleet.queries.fleet import stand_fleet, weakest_hosts
from posture.fleet.queries.revision import revision_of
from posture.fleet.queries.trend import Point, trend_fleet

FIRST_FIXES = 5


@require_GET
@page()
def overview(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Tiles, trend, fix first, changes, sections, weakest hosts."""
    standing = stand_fleet(scope=asked.scope, at=asked.at)
    days, start = trend_start(asked, first_at=standing.first_at)
    points = trend_fleet(scope=asked.scope, from_at=start, to_at=asked.moment)
    checks = check_rows(scope=asked.scope, at=asked.at, critical=critical_keys(asked.edition))
    changes = list_change_sets(scope=asked.scope, period=Period(start, asked.moment), limit=5)
    met = [change.check_key for found in changes for change in found.changes]
    moves = largest_moves(points, from_at=start, to_at=asked.moment)
    words = words_of([*(row.check_key for row in checks), *met], edition=asked.edition)
    since = last_visit(asked)
    opened, closed = count_changes(scope=asked.scope, period=Period(since, asked.moment))
    sections = section_rows(checks, words, asked.edition)
    context = {
        "section": "overview",
        "standing": standing,
        "week_change": change_since(points, asked.moment - timedelta(days=7)),
        "states": [(state, standing.states[state]) for state in HostState.values if standing.states[state]],
        "since": since,
        "visited": asked.at is None and asked.account.previous_visit_at is not None,
        "opened": opened,
        "closed": closed,
        "chart": picture_trend(points=points, from_at=start, to_at=asked.moment, flags=flags_of(moves)),
        "moves": [(move, move.to_at.isoformat() if move.to_at < asked.moment else "") for move in moves],
        "points": thin_points(points)[::-1],
        "days": days,
        "ranges": RANGES,
        "fixes": fix_first(checks=checks, words=words, hosts=standing.counted, limit=FIRST_FIXES),
        "changes": changes,
        "words": words,
        "sections": sections,
        "sections_chart": picture_sections([(label, counts) for label, counts, _number in sections]),
        "weakest": weakest_hosts(scope=asked.scope, at=asked.at, limit=6),
        "revision": "" if asked.at else revision_of(scope=asked.scope),
    }
    return render(request, "overview.html", context)


def flags_of(moves: Iterable[Move]) -> list[tuple[datetime, str]]:
    """What the trend says at its flags."""
    return [(move.at, write_change(move.change)) for move in moves]


def last_visit(asked: Asked) -> datetime:
    """When the person was here before; a week ago for a first visit or a moment of the past."""
    if asked.at is None and asked.account.previous_visit_at is not None:
        return asked.account.previous_visit_at
    return asked.moment - timedelta(days=7)


def change_since(points: list[Point], since: datetime) -> float | None:
    """How the score moved since a moment, None where it is not known: an edition that judged nothing had none."""
    scored = [(point.at, point.score) for point in points if point.score is not None and point.coverage > 0]
    if len(scored) < 2 or points[-1].coverage == 0:
        return None
    before = [score for at, score in scored if at <= since]
    return scored[-1][1] - (before[-1] if before else scored[0][1])


def section_rows(
    checks: list[CheckRow], words: Mapping[str, CheckWords], edition: str
) -> list[tuple[str, dict[str, int], str]]:
    """Controls on hosts by status for each section of the edition: its title, the counts, its number."""
    rows = []
    for section in sections_of(edition):
        counts = dict.fromkeys(STATUSES, 0)
        for row in checks:
            if words[row.check_key].section == section.number:
                for status in STATUSES:
                    counts[status] += row.hosts[status]
        if any(counts.values()):
            rows.append((f"{section.number} {section.title}", counts, section.number))
    return rows
