"""Builds the agent into one file: ``python agents/build.py [--output FILE]``. Equal sources give equal bytes.

The file is an archive that Python runs, of two members: ``entry.py``, and one text with everything else, stripped of
what only readers of the source need. ``unzip -p posture-agent.pyz modules.txt`` shows it.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))

from agents.stripping import stripped  # noqa: E402  # this file may be run by its path

SOURCES = HERE / "posture_agent"
ENTRY = HERE / "entry.py"
TEXT = "modules.txt"  # entry.py reads it
SUFFIXES = {".py", ".service", ".timer"}
INTERPRETER = b"#!/usr/bin/env python3\n"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest moment a zip archive can name
NAME = "posture-agent.pyz"


def build(target: Path) -> str:
    """Write the zipapp to ``target`` (mode 0755); returns its SHA-256 in hex."""
    target.parent.mkdir(parents=True, exist_ok=True)
    members = {"__main__.py": stripped(ENTRY.read_text("utf-8")).encode(), TEXT: text()}
    with target.open("wb") as file:
        file.write(INTERPRETER)
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in members.items():
                entry = zipfile.ZipInfo(name, EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system = 3
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
    target.chmod(0o755)
    return hashlib.sha256(target.read_bytes()).hexdigest()


def text() -> bytes:
    """All files of the agent, each after a line with its name. Raises ValueError where one looks like such a line."""
    parts = []
    for source in sorted(path for path in SOURCES.rglob("*") if path.suffix in SUFFIXES):
        content = source.read_text("utf-8")
        if source.suffix == ".py":
            content = stripped(content)
        if "\n==> " in "\n" + content:
            raise ValueError(f"{source} holds a line that begins like the name of a file")
        parts.append(f"==> posture_agent/{source.relative_to(SOURCES).as_posix()} <==\n{content}")
    return "\n".join(parts).encode()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Builds the agent into one file and prints its SHA-256.")
    parser.add_argument("--output", type=Path, default=Path("var/agent") / NAME)
    destination = parser.parse_args().output
    print(build(destination), destination)
