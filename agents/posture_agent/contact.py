"""The last contact with the server, kept for ``status``: ``at``, ``ok``, ``outcome``, ``succeeded_at``.

A file of fixed size, overwritten in place: a full disk is what it has to tell of.
"""

from __future__ import annotations

import os
import time

from . import reasons
from .clock import moment
from .pauses import LeftAlone
from .storage import json_bytes, overwrite, read_json
from .words import kept, say, told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NAME = "contact.json"
SIZE = 4096  # bytes of the file
OUTCOME = 600  # characters; each takes six bytes at most


def record(folder: str, ok: bool, outcome: str) -> None:
    """Keep how a contact went. A disk that takes no writing must not stop the agent: then nothing is kept."""
    now = moment(time.time())
    before = last(folder)
    content = {"at": now, "ok": ok, "succeeded_at": now if ok else before.get("succeeded_at")}
    try:
        data = json_bytes(dict(content, outcome=kept(outcome)))
        if len(data) >= SIZE:
            data = json_bytes(dict(content, outcome=outcome[:OUTCOME]))
        overwrite(os.path.join(folder, NAME), data.ljust(SIZE - 1) + b"\n")
    except OSError:
        return


def record_failure(folder: str, error: BaseException) -> None:
    """Keep why there was none. Within a pause the failure that made it stays: nothing was tried since."""
    if not isinstance(error, LeftAlone) or last(folder).get("ok") is not False:
        record(folder, False, words_of(error))


def words_of(error: BaseException) -> str:
    """What went wrong, in few words."""
    if isinstance(error, OSError):
        return say("%s: %s", error.filename or say("input and output"), reasons.words_of(error))
    return reasons.words_of(error)


def last(folder: str) -> dict[str, Any]:
    """What ``record`` kept, the outcome in the spoken language; {} where there is nothing that can be read."""
    try:
        content = read_json(os.path.join(folder, NAME))
    except (OSError, ValueError):
        return {}
    return dict(content, outcome=told(content.get("outcome"))) if isinstance(content, dict) else {}
