"""The exception by which the agent's collectors learn that something cannot be read from here."""

from __future__ import annotations

from collections.abc import Callable

from posture.remote.agent_code import agent_module


def elsewhere() -> Callable[[str], Exception]:
    """Makes exceptions that collectors take for an OSError and record as ``not_collected``."""
    reading = agent_module("reading")
    kind = type("Elsewhere", (reading.Unreadable, OSError), {})

    def make(words: str) -> Exception:
        made: Exception = kind(reading.NOT_COLLECTED, words)
        return made

    return make
