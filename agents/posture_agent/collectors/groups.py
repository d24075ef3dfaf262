"""Who belongs to the groups that may talk to an engine: equal to root on this host."""

from __future__ import annotations

from ..hostfiles import HostFiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable

ENGINE_GROUPS = ("docker", "podman")
MAX_MEMBERS = 4096


def collect(files: HostFiles, socket_gids: Iterable[int]) -> list[dict[str, Any]]:
    """The engines' groups and those that own an engine's socket (root's left out), with all their members."""
    primaries: dict[int, list[str]] = {}
    for fields in records(files, "/etc/passwd", 7):
        primaries.setdefault(int(fields[3]), []).append(fields[0])
    wanted = set(socket_gids)
    groups = []
    for fields in records(files, "/etc/group", 4):
        name, gid = fields[0], int(fields[2])
        if name not in ENGINE_GROUPS and (gid not in wanted or gid == 0):
            continue
        members = set(filter(None, fields[3].split(","))) | set(primaries.get(gid, []))
        groups.append({"Name": name[:256], "Gid": gid, "Members": sorted(members)[:MAX_MEMBERS]})
    return sorted(groups, key=lambda group: (group["Name"], group["Gid"]))


def records(files: HostFiles, path: str, width: int) -> list[list[str]]:
    """Well-formed records of /etc/passwd or /etc/group; raises OSError."""
    rows = [line.split(":") for line in files.text(path).splitlines()]
    return [row for row in rows if len(row) == width and row[2].isdigit() and (width < 7 or row[3].isdigit())]


def group_names(files: HostFiles) -> dict[int, str]:
    """Group names by gid; empty when /etc/group cannot be read."""
    try:
        return {int(row[2]): row[0][:256] for row in records(files, "/etc/group", 4)}
    except OSError:
        return {}
