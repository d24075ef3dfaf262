"""A made-up host: a folder that stands for the root of its file system."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents.posture_agent import __main__ as command
from agents.posture_agent import cycle, failures, patience
from agents.posture_agent.collection import Collected, Options, collect
from agents.posture_agent.hostfiles import HostFiles
from agents.posture_agent.state import State
from agents.tests.protocol_server import ProtocolServer, serving
from agents.tests.sending import World

Write = Callable[[str, str], None]


@pytest.fixture
def host(tmp_path: Path) -> HostFiles:
    """An empty host."""
    return HostFiles(str(tmp_path))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of the made-up host."""

    def writer(path: str, text: str) -> None:
        target = tmp_path / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    return writer


@pytest.fixture
def server() -> Iterator[ProtocolServer]:
    """A running protocol server; what an agent must never do to it fails the test."""
    with serving() as running:
        yield running
    assert running.breaches == []


@pytest.fixture
def state(tmp_path: Path, server: ProtocolServer) -> State:
    """The state directory of an agent that is enrolled with the server."""
    folder = tmp_path / "state"
    assert command.main(["enrol", server.url, "--key", "k3y", "--state", str(folder)]) == failures.OK
    return State(str(folder))


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> Collected:
    """One real collection of this machine, without an engine."""
    folder = tmp_path_factory.mktemp("found")
    collected = collect(Options([f"unix://{folder}/none.sock"], b"k" * 32, None))
    host = dict(collected.facts["Host"], Hostname="h0")
    return Collected(dict(collected.facts, Host=host), collected.volatile, collected.measurements)


@pytest.fixture
def world(found: Collected, monkeypatch: pytest.MonkeyPatch) -> World:
    """What the collections of a test find. No pause is shorter than most of a second: one of next to nothing, which
    chance makes once in some thousand tests, would be over at once."""
    made, chance = World(found), patience.chance
    monkeypatch.setattr(patience, "chance", lambda: 0.05 + 0.95 * chance())
    monkeypatch.setattr(cycle, "collect", made.collect)
    return made
