"""Collects on a full disk, in a mount namespace of its own: python -m agents.tests.brim DIR URL FOUND.

Prints as JSON what happened; the disk goes with the process.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from agents.posture_agent import __main__ as command
from agents.posture_agent.spool import Spool
from agents.posture_agent.state import State
from agents.tests.sending import patience_over
from agents.tests.worker import work


def fill(path: Path) -> None:
    """Take every byte that is left."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return


def main(folder: Path, url: str, found: str) -> None:
    """Enrol, fill the disk, collect on it, make room, deliver."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs", str(folder)], check=True)
    state = State(str(folder / "state"))
    enrolled = command.main(["enrol", url, "--key", "k", "--state", state.folder])
    log = str(folder / "log")
    address = state.enrolment()
    state.change_enrolment(dict(address, url="http://127.0.0.1:9"))  # the server is away
    work(state.folder, found, os.devnull, 6)
    fill(folder / "filler")
    work(state.folder, found, os.devnull, 6)
    fill(folder / "filler-2")
    work(state.folder, found, os.devnull, 12)
    left = [(entry.first, entry.last, entry.kind) for entry in Spool(state.path("spool")).entries()]
    half = [str(path) for path in folder.rglob("*.tmp")]
    for name in ("filler", "filler-2"):
        (folder / name).unlink()
    state.change_enrolment(dict(address))
    patience_over(state)
    work(state.folder, found, log, 1)
    print(json.dumps({"enrolled": enrolled, "left": left, "half": half, "last": Path(log).read_text().split()[0]}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
