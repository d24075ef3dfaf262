"""An agent at work on a host without an engine, and what it leaves behind."""

from agents.posture_agent import __main__ as command
from agents.posture_agent.collection import Collected, Options
from agents.posture_agent.journal import Journal
from agents.posture_agent.report import Report
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


class World:
    """What collections find: this machine as it was once, until a test changes it."""

    def __init__(self, found: Collected) -> None:
        self.found = found

    def collect(self, options: Options) -> Report:
        """Stands for the collection: this machine itself never stands still for as long as a test."""
        return self.found.report()

    def change(self) -> None:
        """Let the next collection find other facts."""
        host = dict(self.found.facts["Host"], Hostname="h%d" % (int(self.found.facts["Host"]["Hostname"][1:]) + 1))
        self.found = Collected(dict(self.found.facts, Host=host), self.found.volatile, self.found.measurements)
