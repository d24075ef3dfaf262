"""An agent at work on a host without an engine, and what it leaves behind."""

from pathlib import Path

from agents.posture_agent import __main__ as command
from agents.posture_agent.journal import Journal
from agents.posture_agent.spool import Spool
from agents.posture_agent.state import State


def send(state: State, *words: str) -> int:
    """Run ``posture-agent send``; its exit status."""
    return command.main(["send", "--state", state.folder, "-H", f"unix://{state.folder}/none.sock", *words])


def waiting(state: State) -> list[str]:
    """Kinds of the spool's entries."""
    return [entry.kind for entry in Spool(state.path("spool")).entries()]


def journal(state: State) -> Journal:
    """What one process left for the next."""
    return Journal(state.path("delivery.json"), state.enrolment()["installation"])


def patience_over(state: State) -> None:
    """Let the pause after a failure be over."""
    left = journal(state)
    left.not_before = 0.0
    left.save()


def change_facts(state: State) -> None:
    """Let the next collection find other facts than the one before: a folder of engines that went is remembered."""
    sockets = sorted(Path(state.folder).glob("gone-*.sock"))
    state.remember([f"unix://{state.folder}/gone-{len(sockets)}.sock"])
