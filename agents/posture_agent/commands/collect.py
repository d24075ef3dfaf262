"""``collect`` prints one snapshot; it takes no sequence number and needs no enrolment."""

from __future__ import annotations

import os
import sys

from ..cycle import collected
from ..enrolment import DEFAULT_INTERVAL
from ..failures import OK
from ..log import log
from ..options import Given
from ..position import Position, following
from ..state import StateError
from ..wire import pieces, sent
from ..words import say
from .collecting import collection_options
from .place import state_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NOBODY = "00000000-0000-0000-0000-000000000000"  # installation in the snapshots of a host that is not enrolled


def run(given: Given) -> int:
    """Print one snapshot as canonical JSON."""
    state = state_of(given)
    place = Position(state.folder, NOBODY).beginning()
    try:
        state.prepare()
        key, kept = state.host_key(), True
        if state.enrolled():
            place = state.position().read()
    except (StateError, OSError) as error:
        log(say("%s; fingerprints of this snapshot hold for it alone", error))
        key, kept = os.urandom(32), False

    def advance(digest: str, observed_at: str, boot_id: str, clock: float) -> dict[str, Any]:
        return following(place, digest, observed_at, boot_id, clock)

    settings = collection_options(given, key, state.folder if kept else None, list)
    cycle = collected(settings, advance, given.interval or DEFAULT_INTERVAL)
    sys.stdout.buffer.writelines(pieces(dict(cycle.snapshot, **sent(0, 0.0))))
    sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()
    return OK
