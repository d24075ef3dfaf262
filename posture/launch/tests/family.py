"""A small product for the tests: `python -m posture.launch.tests.family FOLDER KIND…`. Each process notes its pid.

Kinds: `plain` (ends when told), `stubborn` (ignores every signal, and has a child in a session of its own that does
too), `mortal` (dies after a moment with status 3), `optional` (the same, but nobody needs it).
"""

import os
import subprocess
import sys
from pathlib import Path

from posture.launch.account import own_account
from posture.launch.child import Command
from posture.launch.console import Console
from posture.launch.guardian import guard
from posture.launch.supervisor import Supervisor
from posture.launch.tests.member import MEMBER
from posture.launch.trouble import Trouble


def supervise(folder: Path, kinds: list[str]) -> int:
    (folder / "supervisor.pid").write_text(str(os.getpid()), encoding="ascii")
    console = Console()
    try:
        with Supervisor(console, patience=1.0) as supervisor:
            supervisor.loud = True
            for kind in kinds:
                words = [sys.executable, str(MEMBER), str(folder), kind]
                essential = kind != "optional"
                supervisor.start(Command(kind, words, own_account(), dict(os.environ), folder, essential=essential))
            supervisor.watch(lambda: None)
    except Trouble as trouble:
        console.trouble(str(trouble), trouble.details)
        return 1
    return 0


def start(folder: Path, *kinds: str) -> subprocess.Popen[bytes]:
    """Start such a product; its output goes to FOLDER/log."""
    with (folder / "log").open("wb") as log:
        words = [sys.executable, "-m", "posture.launch.tests.family", str(folder), *kinds]
        return subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    (place / "guardian.pid").write_text(str(os.getpid()), encoding="ascii")
    sys.exit(guard(lambda: supervise(place, sys.argv[2:]), patience=1.0))
