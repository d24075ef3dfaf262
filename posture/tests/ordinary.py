"""A made-up ordinary user with subordinate ids, for engines without root: known inside a mount namespace alone, so that
the machine's own list of accounts stays as it is."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

NAME = "mara"
FIRST_UID = 610_000  # beyond what machines give to people
SUBORDINATE = 65_536  # ids
TABLES = ("passwd", "group", "subuid", "subgid")
# $1 is the folder with the tables, $2 the uid; the rest is the command.
INSIDE = """
folder=$1; uid=$2; shift 2
for table in passwd group subuid subgid; do mount --bind "$folder/$table" "/etc/$table"; done
exec setpriv --reuid "$uid" --regid "$uid" --clear-groups "$@"
"""


def available() -> bool:
    """Whether this machine can run engines of ordinary users: user namespaces, their helpers, and we are root."""
    programs = ("unshare", "setpriv", "mount", "newuidmap", "newgidmap")
    return os.geteuid() == 0 and all(shutil.which(name) for name in programs)


class OrdinaryUser:
    """The user, with a home and a run-time directory; leaving ends every process of that uid."""

    def __init__(self) -> None:
        self.uid = FIRST_UID + int.from_bytes(os.urandom(2), "big") % 30_000 * (SUBORDINATE + 1)
        self.folder = Path(tempfile.mkdtemp(prefix="posture-user-"))
        self.home = self.folder / "home"
        self.run = self.folder / "run"  # what /run/user/UID is to somebody who logged in

    def __enter__(self) -> Self:
        self.folder.chmod(0o711)
        for place in (self.home, self.run):
            place.mkdir(mode=0o700)
            os.chown(place, self.uid, self.uid)
        for table in TABLES:
            path = Path("/etc", table)
            path.touch()
            (self.folder / table).write_text(path.read_text() + self.row(table))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for word in (signal.SIGTERM, signal.SIGKILL):
            end = time.monotonic() + 5
            for pid in self.processes():
                os.kill(pid, word)
            while self.processes() and time.monotonic() < end:
                time.sleep(0.05)
        shutil.rmtree(self.folder, ignore_errors=True)

    def row(self, table: str) -> str:
        """This user's line in one of the tables."""
        if table == "passwd":
            return f"{NAME}:x:{self.uid}:{self.uid}::{self.home}:/bin/sh\n"
        return f"{NAME}:x:{self.uid}:\n" if table == "group" else f"{NAME}:{self.uid + 1}:{SUBORDINATE}\n"

    def write(self, name: str, text: str) -> None:
        """Make a file of this user's below the home."""
        path = self.home
        for part in Path(name).parts[:-1]:
            path /= part
            path.mkdir(exist_ok=True)
            os.chown(path, self.uid, self.uid)
        path /= Path(name).name
        path.write_text(text)
        os.chown(path, self.uid, self.uid)

    def command(self, words: list[str]) -> list[str]:
        """A command line that runs ``words`` as this user."""
        return ["unshare", "--mount", "--", "sh", "-c", INSIDE, "sh", str(self.folder), str(self.uid), *words]

    def environment(self, **more: str) -> dict[str, str]:
        """What this user's programs find around them."""
        path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
        return {"PATH": path, "HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.run), **more}

    def processes(self) -> list[int]:
        """Pids of everything that runs as this user or one of the subordinate ids."""
        own = range(self.uid, self.uid + SUBORDINATE + 1)
        return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and _uid(path) in own]


def _uid(process: Path) -> int:
    try:
        lines = (process / "status").read_text().splitlines()
    except OSError:
        return -1
    state = next((line.split()[1] for line in lines if line.startswith("State:")), "Z")
    return -1 if state == "Z" else next(int(line.split()[1]) for line in lines if line.startswith("Uid:"))


def wait_for(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, seconds: float = 30.0) -> None:
    """Until a service is ready; fails with the service's words."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        if ready():
            return
        time.sleep(0.05)
    raise RuntimeError("the service does not start:\n" + log.read_text(errors="replace")[-2000:])
