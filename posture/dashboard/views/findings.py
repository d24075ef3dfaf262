"""Findings over the fleet: by rule, by control of the edition in view, or controls and hosts as a matrix."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from posture.dashboard.access import page
from posture.dashboard.controls import ControlLine, control_lines
from posture.dashboard.fixfirst import with_gains
from posture.dashboard.matrix import MOST_HOSTS, draw_matrix
from posture.dashboard.request import Asked
from posture.dashboard.rulebook import RANKS, CheckWords, critical_keys, sections_of, words_of
from posture.fleet.queries.checks import STATUSES, CheckRow, check_rows
from posture.fleet.queries.fleet import FleetStanding, stand_fleet
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
    """View, status, severity, section, text, sort and page are in the address."""
    view = asked.choice("view", tuple(VIEWS), "rule")
    standing = stand_fleet(scope=asked.scope, at=asked.at)
    context = {
        "section": "findings",
        "view": view,
        "views": tuple(VIEWS),
        "standing": standing,
        "status": asked.choice("status", STATUSES),
        "severities": SEVERITIES,
        "severity_chosen": asked.choice("severity", SEVERITIES),
        "sections": sections_of(asked.edition),
        "section_chosen": asked.text("section"),
        "text": asked.text("q"),
        "revision": "" if asked.at else revision_of(scope=asked.scope),
        **VIEWS[view](asked, standing),
    }
    return render(request, f"findings_{view}.html" if view != "rule" else "findings.html", context)


def by_rule(asked: Asked, standing: FleetStanding) -> dict[str, Any]:
    """Each check once, the worst first unless another order is asked for."""
    checks = check_rows(scope=asked.scope, at=asked.at, critical=critical_keys(asked.edition))
    words = words_of([row.check_key for row in checks], edition=asked.edition)
    lines = [
        Line(found, row, gain) for row, found, gain in with_gains(checks=checks, words=words, hosts=standing.counted)
    ]
    status = asked.choice("status", STATUSES)
    sort = asked.choice("sort", SORTS, "severity")
    chosen = [line for line in lines if fits(line, asked, status)]
    return {
        "page": page_of(rows=sort_lines(chosen, sort), number=asked.page, size=100),
        "statuses": [(key, sum(line.row.hosts[key] > 0 for line in lines)) for key in STATUSES],
        "sort": sort,
    }


def by_control(asked: Asked, standing: FleetStanding) -> dict[str, Any]:
    """Every control in the publisher's order, section by section."""
    checks = check_rows(scope=asked.scope, at=asked.at, critical=critical_keys(asked.edition))
    lines = control_lines(asked.edition, checks)
    chosen = [line for line in lines if control_fits(line, asked)]
    return {
        "statuses": [(key, sum(line.hosts[key] > 0 for line in lines)) for key in STATUSES],
        "by_section": [
            (section, [line for line in chosen if line.section == section.number])
            for section in sections_of(asked.edition)
        ],
        "lines": chosen,
    }


def matrix(asked: Asked, standing: FleetStanding) -> dict[str, Any]:
    """Controls down, hosts across; groups instead where a page of hosts would not hold them."""
    lines = [line for line in control_lines(asked.edition, ()) if line.keys and control_fits(line, asked)]
    grouped = asked.scope.group is None and standing.hosts > MOST_HOSTS
    statuses = ("fail",) if grouped else STATUSES
    drawn = draw_matrix(asked, lines, asked.choice("status", statuses), grouped=grouped)
    return {"statuses": [(key, None) for key in statuses], **drawn}


VIEWS: dict[str, Callable[[Asked, FleetStanding], dict[str, Any]]] = {
    "rule": by_rule,
    "control": by_control,
    "matrix": matrix,
}


def control_fits(line: ControlLine, asked: Asked) -> bool:
    """Whether a control passes the filters of the address."""
    status, severity = asked.choice("status", STATUSES), asked.choice("severity", SEVERITIES)
    section, text = asked.text("section"), asked.text("q").casefold()
    return (
        (not status or not any(line.hosts.values()) or line.hosts[status] > 0)
        and (not severity or line.severity == severity)
        and (not section or line.section == section)
        and (not text or text in f"{line.title} {line.number} {' '.join(line.keys)}".casefold())
    )


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
