"""``collect`` prints one snapshot; it takes no sequence number and needs no enrolment."""

from __future__ import annotations

import os
import sys

from ..delivery import collected
from ..enrolment import DEFAULT_INTERVAL
from ..failures import OK
from ..log import log
from ..options import Given
from ..state import StateError
from ..wire import canonical
from ..words import say
from .collecting import collection_options, state_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NOBODY = "00000000-0000-0000-0000-000000000000"  # installation in the snapshots of a host that is not enrolled


def run(given: Given) -> int:
    """Print one snapshot as canonical JSON."""
    state = state_of(given)
    try:
        state.prepare()
        key, kept, position = state.host_key(), True, state.position()
    except (StateError, OSError) as error:
        log(say("%s; fingerprints of this snapshot hold for it alone", error))
        key, kept, position = os.urandom(32), False, {"sequence": 0, "digest": None}
    installation = state.enrolment()["installation"] if kept and state.enrolled() else NOBODY

    def following(digest: str) -> dict[str, Any]:
        return {"sequence": position["sequence"] + 1, "previous_digest": position["digest"], "digest": digest}

    settings = collection_options(given, key, state.folder if kept else None, list)
    cycle = collected(settings, installation, following, given.interval or DEFAULT_INTERVAL)
    sys.stdout.buffer.write(canonical(cycle.snapshot) + b"\n")
    sys.stdout.buffer.flush()
    return OK
