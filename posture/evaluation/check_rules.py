"""Checks rule files: `python -m posture.evaluation.check_rules [FILES…]`, without files every rule of the product."""

import sys
from pathlib import Path

from posture.evaluation.catalogue import RULES, load_rule
from posture.evaluation.trouble import DataError


def main(arguments: list[str]) -> int:
    """Prints one line for every file that may not load; the exit status is 1 when there is one."""
    paths = [Path(argument) for argument in arguments] or sorted(RULES.rglob("*.yaml"))
    wrong = 0
    for path in paths:
        try:
            load_rule(path)
        except (DataError, OSError) as error:
            wrong += 1
            print(error, file=sys.stderr)
    print(f"{len(paths) - wrong} of {len(paths)} rules are right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
