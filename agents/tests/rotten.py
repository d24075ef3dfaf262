"""Collects on a disk that forgets what some files are, in a namespace: python -m agents.tests.rotten DIR URL FOUND.

Prints as JSON what happened; the disk goes with the process.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from agents.posture_agent import __main__ as command
from agents.posture_agent.state import State
from agents.tests.sending import patience_over
from agents.tests.worker import work


def mount(image: Path, folder: Path) -> None:
    subprocess.run(["mount", "-o", "loop,errors=continue", str(image), str(folder)], check=True)


def rot(image: Path, folder: Path, files: list[Path]) -> None:
    """Let the disk lose what it knows of some files: from now on they are neither read, nor replaced, nor removed."""
    nodes = [path.stat().st_ino for path in files]
    subprocess.run(["umount", str(folder)], check=True)
    for node in nodes:
        words = ["debugfs", "-w", "-R", f"clri <{node}>", str(image)]
        subprocess.run(words, check=True, capture_output=True)
    mount(image, folder)


def main(folder: Path, url: str, found: str) -> None:
    """Enrol, collect without a server, let files rot, and deliver."""
    image = folder.parent / "image"
    with image.open("wb") as file:
        file.truncate(8 * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    mount(image, folder)
    state = State(str(folder / "state"))
    command.main(["enrol", url, "--key", "k", "--state", state.folder])
    address = state.enrolment()
    state.change_enrolment(dict(address, url="http://127.0.0.1:9"))  # the server is away
    work(state.folder, found, os.devnull, 6)
    snapshots = sorted(Path(state.path("spool")).glob("*.snapshot"))
    lost = snapshots[len(snapshots) // 2]
    state.change_enrolment(dict(address))
    patience_over(state)
    rot(image, folder, [lost, Path(state.path("position.json")), Path(state.path("delivery.json"))])
    log = folder / "log"
    work(state.folder, found, str(log), 3)
    spool = [path.name for path in Path(state.path("spool")).iterdir() if path.name[0].isdigit()]
    print(json.dumps({"lost": int(lost.name[:16]), "left": spool == [lost.name], "said": len(log.read_text().split())}))
    subprocess.run(["umount", str(folder)], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
