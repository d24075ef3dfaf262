"""Every Python from 3.7 to 3.13 that this machine has: the same facts, the same life, no warning."""

from pathlib import Path

import pytest

from agents.tests.machines.interpreters import Interpreter, installed
from agents.tests.machines.life import Life, live
from agents.tests.machines.likeness import Collect, pair
from posture.launch.tls import Papers

MINORS = range(7, 14)


@pytest.fixture(params=MINORS, ids=lambda minor: f"3.{minor}")
def python(request: pytest.FixtureRequest) -> Interpreter:
    """One of them."""
    return installed(request.param)


@pytest.mark.engine
def test_facts_are_the_same(python: Interpreter, collect: Collect) -> None:
    found = pair(collect, python, "installed")
    assert found.differences() == []
    assert (
        found.other["agent"]["Python"]
        == python.output("-c", "import platform; print(platform.python_version())").strip()
    )


@pytest.mark.long
def test_life_is_the_same(python: Interpreter, agent: Path, papers: Papers, tmp_path: Path, lived: Life) -> None:
    assert live(python, agent, papers, tmp_path) == lived


def test_that_life_had_ups_and_downs(lived: Life) -> None:
    assert lived.statuses == [0, 4, 0, 4]
    assert lived.requests[0] == "enrol"
    assert "snapshots" in lived.requests
