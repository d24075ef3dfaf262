"""``move`` follows the server to another address, with the same identity."""

from __future__ import annotations

from ..enrolment import move
from ..failures import OK
from ..lock import Locked
from ..log import log
from ..options import Given
from ..transport import transport_of
from .place import state_of


def run(given: Given) -> int:
    """Keep the new address."""
    state = state_of(given)
    state.prepare()
    with Locked(state):
        log(move(state, given.url, given.ca_sha256, transport_of(given)))
    return OK
