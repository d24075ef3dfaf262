"""Installs the pinned requirements into the virtual environment, only when they changed. Standard library only."""

import hashlib
import subprocess
import sys
from pathlib import Path

from posture.launch.console import Console, Step

SHOWN = 20


def main(files: list[Path]) -> int:
    """0 when everything listed is there, 1 after pip's last lines."""
    console = Console()
    changed = [path for path in files if mark_of(path).read_text(encoding="ascii") != digest(path)]
    if not changed:
        return 0
    with console.step("Requirements") as step:
        lines, status = install(changed, console, step)
    if status != 0:
        console.trouble("The requirements could not be installed: see pip's words above.", lines[-SHOWN:])
        return 1
    for path in changed:
        mark_of(path).write_text(digest(path), encoding="ascii")
    return 0


def install(files: list[Path], console: Console, step: Step) -> tuple[list[str], int]:
    """Run pip; its lines and its exit status."""
    listed = [word for path in files for word in ("-r", str(path))]
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *listed]
    lines: list[str] = []
    collected = 0
    with subprocess.Popen(  # noqa: S603 - pip on our own files
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            collected += line.startswith("Collecting ")
            step.say("unpacking" if line.startswith("Installing ") else f"{collected} packages fetched")
            console.turn()
    step.say(f"{collected} packages" if collected else "")
    return lines, process.returncode


def digest(path: Path) -> str:
    """What the requirements are, and for which interpreter."""
    return hashlib.sha256(path.read_bytes() + sys.version.encode()).hexdigest()


def mark_of(path: Path) -> Path:
    """The file that says which requirements were installed last; made empty where there is none."""
    mark = Path(sys.prefix) / f"installed-{path.name}.sha256"
    mark.touch()
    return mark


if __name__ == "__main__":
    sys.exit(main([Path(word) for word in sys.argv[1:]]))
