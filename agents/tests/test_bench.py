"""``manage.py bench agent`` measures a real collection."""

from pathlib import Path

import pytest

from posture.fleet.management.benches import agent
from posture.tests.engine import TestEngine

pytestmark = pytest.mark.engine

OTHER_TOOL = """#!/bin/sh
docker ps > "$3"
sleep 0.2
"""


def test_it_reports_both_tools(engine: TestEngine, tmp_path: Path) -> None:
    engine.run("bench-a")
    (tmp_path / "docker-bench-security.sh").write_text(OTHER_TOOL)
    options = {"engine": engine.endpoint, "containers": 1, "runs": 1, "docker_bench": tmp_path, "python": "python3"}
    report = list(agent.run(options))
    assert report[0].endswith("bytes")
    assert any(line.startswith("ratios: ") for line in report)


def test_a_program_that_fails_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="failed"):
        agent.measured(["false"], tmp_path / "output")
