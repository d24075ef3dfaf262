"""Live exec sessions of a container: how many of them are privileged, how many are root's."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_EXECS = 256  # of one container; health tests leave theirs behind for minutes
ROOT = re.compile(r"(?:|root|[+-]?0+)\Z")


def counts(api: Any, identifiers: list[str]) -> dict[str, int]:
    """PrivilegedExecs and RootExecs; nothing when there are too many sessions to look at."""
    if len(identifiers) > MAX_EXECS:
        return {}
    found = {"PrivilegedExecs": 0, "RootExecs": 0}
    for identifier in identifiers:
        try:
            session = api.exec_inspect(identifier)
        except OSError as error:
            if getattr(error, "status_code", None) != 404:
                raise
            continue  # it has ended
        process = session.get("ProcessConfig") or {}
        if session.get("Running"):
            found["PrivilegedExecs"] += bool(process.get("privileged"))
            found["RootExecs"] += root(str(process.get("user") or ""))
    return found


def root(user: str) -> bool:
    """Whether a user as engines name it is uid 0: nothing, root, 0, 00, with or without a group behind."""
    return ROOT.match(user.partition(":")[0].strip()) is not None
