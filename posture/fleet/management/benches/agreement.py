"""Verdicts beside docker-bench-security on the same engines: agree, Posture right, or unexplained."""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from posture.tests.agreement import other, world
from posture.tests.agreement.compare import AGREE, UNEXPLAINED
from posture.tests.agreement.page import key, page, placed
from posture.tests.agreement.rows import ROWS
from posture.tests.agreement.stages import STAGES

SECONDS = 1800


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``manage.py bench agreement``."""
    parser.add_argument("--docker-bench", type=Path, help="a checkout of docker-bench-security to compare with")
    parser.add_argument("--stage", choices=tuple(STAGES), action="append", help="only this stage; may be repeated")
    parser.add_argument("--all", action="store_true", help="print the controls on which both agree too")
    parser.add_argument("--markdown", type=Path, help="write the table to this file too; needs --docker-bench")


def run(options: dict[str, Any]) -> Iterator[str]:
    """A line a control that differs, then the counts.

    Raises RuntimeError when a stage fails, a difference is unexplained, or a known error is not what our list says.
    """
    checkout: Path | None = options["docker_bench"]
    if options["markdown"] and checkout is None:
        raise RuntimeError("--markdown needs --docker-bench")
    beside = f"docker-bench-security {other.version_of(checkout)}" if checkout else "readings alone"
    yield f"beside {beside}"
    played: dict[str, list[dict[str, Any]]] = {}
    for name in options["stage"] or STAGES:
        played[name] = play(name, checkout)
        for one in played[name]:
            if options["all"] or one["outcome"] != AGREE:
                yield told(name, one)
    counts = Counter(one["outcome"] for compared in played.values() for one in compared)
    yield ", ".join(f"{outcome}: {count}" for outcome, count in sorted(counts.items()))
    if options["markdown"]:
        versions = f"Docker {engine_version(played)}, {beside}"
        lines = page(played, versions, f"{datetime.now(UTC):%Y-%m-%d}")
        options["markdown"].write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    changed = [*differing(played, said=checkout is not None)]
    if counts[UNEXPLAINED] or changed:
        raise RuntimeError(f"{counts[UNEXPLAINED]} unexplained; not as listed: {', '.join(changed) or 'none'}")


def told(stage: str, one: dict[str, Any]) -> str:
    """One comparison as a line."""
    where = " ".join(part for part in (stage, one["scene"], one["subject"]) if part and part != "all")
    said = f"it says {one['said']:7} " if one["said"] else ""
    return f"{where:24} {one['number']:7} {said}we say {one['ours']:14} {one['outcome']:13} {placed(one['proof'])}"


def differing(played: dict[str, list[dict[str, Any]]], *, said: bool) -> Iterator[str]:
    """The entries of our list of known errors that turned out otherwise, of the stages that were played."""
    found = {key(stage, one): one for stage, compared in played.items() for one in compared}
    for row in ROWS:
        for entry in row.shown:
            one = found.get((entry.stage, entry.scene, entry.subject, entry.number), {"said": "", "ours": ""})
            wrong = one["ours"] != entry.ours or (said and one["said"] != entry.said)
            if entry.stage in played and wrong:
                yield f"row {row.number}, {entry.stage} {entry.scene} {entry.subject} {entry.number}"


def engine_version(played: dict[str, list[dict[str, Any]]]) -> str:
    """The engine's version, as a reading of it told."""
    words = [one["proof"] for compared in played.values() for one in compared if one["number"] == "1.2.2"]
    return next((text.rpartition(" ")[2] for text in words if text), "of this machine")


def play(name: str, checkout: Path | None) -> list[dict[str, Any]]:
    """One stage in a world of its own. Raises RuntimeError when it fails."""
    with tempfile.TemporaryDirectory(prefix="posture-stage-") as folder:
        words = ["posture.tests.agreement.run", name, str(checkout.resolve()) if checkout else ""]
        process = world.enter(words, Path(folder), audited=STAGES[name].audited)
        output, _ = process.communicate(timeout=SECONDS)
    if process.returncode:
        raise RuntimeError(f"the stage {name} ended with status {process.returncode}")
    compared: list[dict[str, Any]] = json.loads(output)
    return compared
