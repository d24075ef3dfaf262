"""Findings by rule over the fleet."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from posture.dashboard.access import page
from posture.dashboard.fixfirst import with_gains
from posture.dashboard.request import Asked
from posture.dashboard.rulebook import DEFAULT_EDITION, RANKS, CheckWords, critical_checks, sections_of, words_of
from posture.fleet.queries.checks import STATUSES, CheckRow, check_rows
from posture.fleet.queries.fleet import stand_fleet
from posture.fleet.queries.paging import page_of
from posture.fleet.queries.revision import revision_of

SEVERITIES = ("critical", "high", "medium", "low")
SORTS = ("severity", "-severity", "gain", "-gain", "control", "-control", "failed", "-failed")


@dataclass(frozen=True, slots=True)
class Line:
    """A check in the list: its words, numbers, and the points its fix brings."""

    words: CheckWords
    row: CheckRow
    gain: float


@require_GET
@page()
def findings(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Status, severity, section, text, sort and page are in the address."""
    checks = check_rows(scope=asked.scope, at=asked.at, critical=critical_checks())
    words = words_of([row.check_key for row in checks], edition=DEFAULT_EDITION)
    standing = stand_fleet(scope=asked.scope, at=asked.at)
    lines = [
        Line(found, row, gain) for row, found, gain in with_gains(checks=checks, words=words, hosts=standing.hosts)
    ]
    status = asked.choice("status", STATUSES)
    sort = asked.choice("sort", SORTS, "severity")
    chosen = [line for line in lines if fits(line, asked, status)]
    context = {
        "section": "findings",
        "standing": standing,
        "page": page_of(rows=sort_lines(chosen, sort), number=asked.page, size=100),
        "statuses": [(key, sum(line.row.hosts[key] > 0 for line in lines)) for key in STATUSES],
        "status": status,
        "severities": SEVERITIES,
        "severity_chosen": asked.choice("severity", SEVERITIES),
        "sections": sections_of(DEFAULT_EDITION),
        "section_chosen": asked.text("section"),
        "sort": sort,
        "text": asked.text("q"),
        "revision": "" if asked.at else revision_of(scope=asked.scope),
    }
    return render(request, "findings.html", context)


def fits(line: Line, asked: Asked, status: str) -> bool:
    """Whether a check passes the filters of the address."""
    severity, section, text = asked.choice("severity", SEVERITIES), asked.text("section"), asked.text("q").casefold()
    return (
        (not status or line.row.hosts[status] > 0)
        and (not severity or line.words.severity == severity)
        and (not section or line.words.section == section)
        and (not text or text in f"{line.words.title} {line.words.key} {line.words.control}".casefold())
    )


def sort_lines(lines: list[Line], sort: str) -> list[Line]:
    """Failing before unreadable before the rest within one severity, unless another order is asked for."""
    key = sort.removeprefix("-")
    orders = {
        "severity": lambda line: (
            STATUSES.index(line.row.status) if line.row.status in ("fail", "unknown") else 2,
            RANKS[line.words.severity],
            -line.gain,
            line.words.order,
        ),
        "gain": lambda line: (line.gain, line.words.order),
        "control": lambda line: (line.words.order[1], line.words.key),
        "failed": lambda line: (line.row.failed, line.words.order),
    }
    return sorted(lines, key=orders[key], reverse=sort.startswith("-"))
