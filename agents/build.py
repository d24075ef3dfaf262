"""Builds the agent into one file: ``python agents/build.py [--output FILE]``. Equal sources give equal bytes."""

from __future__ import annotations

import argparse
import hashlib
import zipfile
from pathlib import Path

SOURCES = Path(__file__).resolve().parent / "posture_agent"
UNITS = SOURCES / "systemd"
INTERPRETER = b"#!/usr/bin/env python3\n"
ENTRY = b"import sys\n\nfrom posture_agent.__main__ import main\n\nsys.exit(main())\n"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest moment a zip archive can name
NAME = "posture-agent.pyz"


def build(target: Path) -> str:
    """Write the zipapp to ``target`` (mode 0755); returns its SHA-256 in hex."""
    target.parent.mkdir(parents=True, exist_ok=True)
    members = {"__main__.py": ENTRY}
    for source in sorted(SOURCES.rglob("*.py")):
        members["posture_agent/" + source.relative_to(SOURCES).as_posix()] = source.read_bytes()
    for unit in sorted(UNITS.iterdir()):
        members["posture_agent/systemd/" + unit.name] = unit.read_bytes()
    with target.open("wb") as file:
        file.write(INTERPRETER)
        with zipfile.ZipFile(file, "w") as archive:
            for name in sorted(members):
                entry = zipfile.ZipInfo(name, EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system = 3
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, members[name], zipfile.ZIP_DEFLATED, 9)
    target.chmod(0o755)
    return hashlib.sha256(target.read_bytes()).hexdigest()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Builds the agent into one file and prints its SHA-256.")
    parser.add_argument("--output", type=Path, default=Path("var/agent") / NAME)
    destination = parser.parse_args().output
    print(build(destination), destination)
