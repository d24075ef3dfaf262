"""One stage inside its world: both tools on the same engine. Started by ``world.enter``."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from agents.build import build as build_agent
from posture.evaluation import catalogue
from posture.evaluation.assessed import Assessed, assess
from posture.facts.snapshot import Snapshot
from posture.tests.agreement import other, world
from posture.tests.agreement.compare import Compared, compare
from posture.tests.agreement.readings import Readings
from posture.tests.agreement.stages import STAGES, Stage
from posture.tests.auditing import auditing
from posture.tests.engine import TestEngine

EDITION = "cis-docker-1.6.0"
KEY = "posture-agreement"
SETTLE = 5.0  # seconds until health checks have spoken


def main(name: str, checkout: str) -> None:
    """Runs the stage and prints one JSON object of what was compared. ``checkout`` may be empty."""
    folder = world.build()
    stage = STAGES[name]
    stage.prepare(folder)
    with audited(stage), TestEngine(stage.options) as engine:
        stage.furnish(engine)
        time.sleep(SETTLE)
        said = other.ask(Path(checkout), engine.endpoint, folder) if checkout else {}
        assessed = judge(engine, folder)
        compared = compare(assessed, said, Readings(engine, folder))
        sys.stdout.write(json.dumps([as_plain(one) for one in compared]))


@contextmanager
def audited(stage: Stage) -> Iterator[None]:
    """The stage's audit rules, while auditing is on. The kernel has one list for the whole machine: only ours are taken
    away again."""
    if not stage.audit:
        yield
        return
    with auditing():
        try:
            for rule in stage.audit:
                world.call("auditctl", *rule.split(), "-k", KEY)
            yield
        finally:
            world.call("auditctl", "-D", "-k", KEY)


def judge(engine: TestEngine, folder: Path) -> Assessed:
    """What Posture says, from the real agent's snapshot."""
    agent = folder / "posture-agent.pyz"
    build_agent(agent)
    words = [
        sys.executable,
        str(agent),
        "collect",
        "--state",
        str(folder / "state"),
        "--engine",
        "unix:///run/docker.sock",
    ]
    taken = subprocess.run(words, capture_output=True, check=True, timeout=300).stdout
    (folder / "snapshot.json").write_bytes(taken)
    return assess(msgspec.json.decode(taken, type=Snapshot), catalogue.load(), edition=EDITION)


def as_plain(one: Compared) -> dict[str, Any]:
    return {"number": one.number, "said": one.said, "ours": one.ours, "outcome": one.outcome, "proof": one.proof}


if __name__ == "__main__":
    main(*sys.argv[1:])
