"""The last contact with the server, kept for ``status``: ``at``, ``ok``, ``outcome`` (words), ``succeeded_at``."""

from __future__ import annotations

import os
import time

from .clock import moment
from .storage import read_json, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NAME = "contact.json"


def record(folder: str, ok: bool, outcome: str) -> None:
    """Keep how a contact went. A full disk must not stop the agent: then nothing is kept."""
    now = moment(time.time())
    before = last(folder)
    content = {"at": now, "ok": ok, "outcome": outcome, "succeeded_at": now if ok else before.get("succeeded_at")}
    try:
        write_json(os.path.join(folder, NAME), content)
    except OSError:
        return


def last(folder: str) -> dict[str, Any]:
    """What ``record`` kept; {} where there is nothing that can be read."""
    try:
        content = read_json(os.path.join(folder, NAME))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
