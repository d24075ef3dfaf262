"""``enrol`` lets this host into a server."""

from __future__ import annotations

import os
import sys

from ..enrolment import enrol
from ..failures import OK, UsageError
from ..lock import Locked
from ..log import log
from ..options import Given
from ..transport import transport_of
from ..words import say
from .place import state_of

KEY_VARIABLE = "POSTURE_ENROLMENT_KEY"


def run(given: Given) -> int:
    """Enrol with the key that was given."""
    key = enrolment_key(given)
    state = state_of(given)
    state.prepare()
    with Locked(state):
        log(enrol(state, given.url, key, given.ca_sha256, given.again, transport_of(given)))
    return OK


def enrolment_key(given: Given) -> str:
    """The enrolment key: an option, standard input, or the environment's. Raises UsageError."""
    key = sys.stdin.readline().strip() if given.key == "-" else given.key or os.environ.get(KEY_VARIABLE)
    if not key:
        raise UsageError(say("an enrolment key is needed: --key KEY, or $%s", KEY_VARIABLE))
    return str(key)
