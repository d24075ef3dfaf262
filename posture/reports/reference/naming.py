"""Which files of tests name which rule."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")
_FOLDERS = ("posture/*/tests", "posture/tests")
_SUFFIXES = (".py", ".txt", ".yaml")


def files_by_rule(root: Path, rules: Iterable[str]) -> Mapping[str, list[str]]:
    """By rule, the files of tests below the root that name it, sorted."""
    wanted = set(rules)
    found: dict[str, list[str]] = {}
    for path in sorted({path for folder in _FOLDERS for place in root.glob(folder) for path in place.rglob("*.*")}):
        if path.suffix in _SUFFIXES:
            for rule in wanted.intersection(_WORD.findall(path.read_text(encoding="utf-8"))):
                found.setdefault(rule, []).append(path.relative_to(root).as_posix())
    return found
