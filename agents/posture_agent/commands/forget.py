"""``forget`` looks no longer for an engine that was removed for good."""

from __future__ import annotations

from ..enginekeys import EngineKeys
from ..failures import OK, UsageError
from ..lock import Locked
from ..log import log
from ..options import Given
from ..words import say
from .place import state_of


def run(given: Given) -> int:
    """Take the endpoint from the list of those that are looked for."""
    state = state_of(given)
    state.prepare()
    with Locked(state):
        keys = EngineKeys(state.path("keys.json"))
        keys.forget(given.endpoint)
        keys.save()
        if not state.forget(given.endpoint):
            raise UsageError(say("no engine was ever found at %s", given.endpoint))
    log(say("%s is forgotten", given.endpoint))
    return OK
