"""Real agents and a real server while both, and all between them, die at random; does the ledger come out right?"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from posture.tests.chaos import run as chaos

SEED = 20261122


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``manage.py bench chaos``."""
    parser.add_argument("--minutes", type=float, default=60.0, help="of chaos (default %(default)s)")
    parser.add_argument("--agents", type=int, default=50, help="default %(default)s")
    parser.add_argument("--seed", type=int, default=SEED, help="of what happens and when (default %(default)s)")
    parser.add_argument(
        "--evidence", type=Path, help="a folder for journals, logs and rows, for finding out why a run fails"
    )


def run(options: dict[str, Any]) -> Iterator[str]:
    """A few lines; RuntimeError names everything that does not agree."""
    yield from chaos.run(
        seed=options["seed"],
        seconds=60 * options["minutes"],
        agents=options["agents"],
        evidence=options["evidence"],
    )
