"""``manage.py bench agent`` measures a real collection."""

from pathlib import Path

import pytest

from agents.tests.protocol_server import serving
from posture.fleet.management.benches import agent
from posture.tests.engine import TestEngine

pytestmark = pytest.mark.engine

OTHER_TOOL = """#!/bin/sh
docker ps > "$3"
sleep 0.2
"""


def test_it_prints_the_contract(engine: TestEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "SETTLING", 0.0)
    engine.run("bench-a")
    (tmp_path / "docker-bench-security.sh").write_text(OTHER_TOOL)
    with serving() as server:
        options = {
            **{"engine": engine.endpoint, "containers": 1, "runs": 1, "docker_bench": tmp_path, "python": "python3"},
            **{"server": str(server.server_address[1]), "key": "k3y", "plain": False},
        }
        report = list(agent.run(options))
    rows = [line.strip("| ").split("|") for line in report if line.startswith("|")]
    verdicts = {row[0].strip(): row[3].strip() for row in rows}
    assert verdicts["the agent, one file"] == "met"
    assert len(verdicts) == 7
    found = {row[0].strip(): row[2].split()[0] for row in rows}
    assert 500 < int(found["an unchanged check-in, HTTP"].replace(",", "")) <= 1024
    assert server.breaches == []


def test_a_program_that_fails_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="failed"):
        agent.measured(["false"], tmp_path / "output")
