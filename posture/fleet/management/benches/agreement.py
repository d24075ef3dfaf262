"""Verdicts beside docker-bench-security on the same engines: agree, Posture right, or unexplained."""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from posture.tests.agreement import other, world
from posture.tests.agreement.compare import AGREE, UNEXPLAINED
from posture.tests.agreement.stages import STAGES

SECONDS = 1800


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``manage.py bench agreement``."""
    parser.add_argument("--docker-bench", type=Path, help="a checkout of docker-bench-security to compare with")
    parser.add_argument("--stage", choices=tuple(STAGES), action="append", help="only this stage; may be repeated")
    parser.add_argument("--all", action="store_true", help="print the controls on which both agree too")


def run(options: dict[str, Any]) -> Iterator[str]:
    """A line a control that differs, then the counts. Raises RuntimeError when a stage fails or one is unexplained."""
    checkout: Path | None = options["docker_bench"]
    yield f"beside docker-bench-security {other.version_of(checkout)}" if checkout else "beside readings alone"
    counts: Counter[str] = Counter()
    for name in options["stage"] or STAGES:
        for one in play(name, checkout):
            counts[one["outcome"]] += 1
            if options["all"] or one["outcome"] != AGREE:
                said = f"it says {one['said']:5} " if checkout else ""
                yield f"{name:6} {one['number']:7} {said}we say {one['ours']:14} {one['outcome']:13} {one['proof']}"
    yield ", ".join(f"{outcome}: {count}" for outcome, count in sorted(counts.items()))
    if counts[UNEXPLAINED]:
        raise RuntimeError(f"{counts[UNEXPLAINED]} unexplained")


def play(name: str, checkout: Path | None) -> list[dict[str, Any]]:
    """One stage in a world of its own. Raises RuntimeError when it fails."""
    with tempfile.TemporaryDirectory(prefix="posture-stage-") as folder:
        words = ["posture.tests.agreement.run", name, str(checkout.resolve()) if checkout else ""]
        process = world.enter(words, Path(folder))
        output, _ = process.communicate(timeout=SECONDS)
    if process.returncode:
        raise RuntimeError(f"the stage {name} ended with status {process.returncode}")
    compared: list[dict[str, Any]] = json.loads(output)
    return compared
