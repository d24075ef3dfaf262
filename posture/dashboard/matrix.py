"""Controls and hosts, or groups, as a matrix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from posture.dashboard.controls import ControlLine
from posture.dashboard.request import Asked
from posture.fleet.queries.checks import STATUSES
from posture.fleet.queries.groups import list_groups
from posture.fleet.queries.hosts import HostFilter, list_hosts
from posture.fleet.queries.matrix import counts_by_group, statuses_by_host

MOST_HOSTS = 30  # across one page
LEVELS = 5  # of lightness: 0 is none


@dataclass(frozen=True, slots=True)
class Column:
    """A host or a group."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A status on a host; or, of a group, how many of the hosts that were judged fail, and how dark that is."""

    status: str = ""
    failing: int = 0
    judged: int = 0
    level: int = 0


def draw_matrix(asked: Asked, lines: Sequence[ControlLine], status: str, *, grouped: bool) -> dict[str, Any]:
    """Columns and rows; with a status, only the rows in which it stands."""
    drawn = group_matrix(asked, lines) if grouped else host_matrix(asked, lines)
    if status:
        drawn["rows"] = [
            (line, cells)
            for line, cells in drawn["rows"]
            if any(cell.status == status or (status == "fail" and cell.failing) for cell in cells)
        ]
    return {"grouped": grouped, **drawn}


def host_matrix(asked: Asked, lines: Sequence[ControlLine]) -> dict[str, Any]:
    """A glyph for each control on each host of a page, the weakest host first."""
    page = list_hosts(scope=asked.scope, at=asked.at, wanted=HostFilter(), number=asked.page, size=MOST_HOSTS)
    found = statuses_by_host(hosts=[host.id for host in page.rows], at=asked.at, edition=asked.edition)
    columns = [Column(host.name, asked.carry(reverse("host", args=[host.id]))) for host in page.rows]
    cells = {host.id: found.get(host.id, {}) for host in page.rows}
    rows = [(line, [Cell(worst(line, cells[host.id])) for host in page.rows]) for line in lines]
    return {"page": page, "columns": columns, "rows": rows}


def worst(line: ControlLine, statuses: Mapping[str, str]) -> str:
    """The worst status of a control's checks on one host; "" where none was judged."""
    there = {statuses[key] for key in line.keys if key in statuses}
    return next((status for status in STATUSES if status in there), "")


def group_matrix(asked: Asked, lines: Sequence[ControlLine]) -> dict[str, Any]:
    """The share of hosts that fail each control, by group."""
    found = counts_by_group(scope=asked.scope, at=asked.at)
    groups = [group for group in list_groups(scope=asked.scope) if group.id in found]
    columns = [Column(group.name, asked.address(group=group.id)) for group in groups]
    rows = [(line, [share(line, found[group.id]) for group in groups]) for line in lines]
    return {"columns": columns, "rows": rows}


def share(line: ControlLine, counts: Mapping[str, Mapping[str, int]]) -> Cell:
    """Of the hosts on which a control can fail, those on which it does."""
    of_line = [counts[key] for key in line.keys if key in counts]
    failing = sum(one.get("fail", 0) for one in of_line)
    judged = failing + sum(one.get("pass", 0) + one.get("unknown", 0) for one in of_line)
    # Any failure is seen: the lightest level begins with one host.
    level = -(-LEVELS * failing // judged) if judged else 0
    return Cell(failing=failing, judged=judged, level=level)
