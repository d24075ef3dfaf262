"""One `bin/up` at a time for one data directory."""

import fcntl
import os
from pathlib import Path

from posture.launch.trouble import Trouble


def take(path: Path) -> int:
    """Hold the lock until this process and those it forked have ended; the open file.

    The kernel lets go of it however they end, so a stale lock cannot be.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        owner = os.pread(handle, 200, 0).decode(errors="replace").strip() or "another process"
        os.close(handle)
        raise Trouble(
            f"Posture already runs here ({owner}): stop it first, or use another --var and --port."
        ) from error
    note(handle, f"process {os.getpid()}")
    return handle


def note(handle: int, text: str) -> None:
    """Write who holds the lock, for the message to the next one."""
    os.ftruncate(handle, 0)
    os.pwrite(handle, text.encode(), 0)


def is_held(path: Path) -> bool:
    """Whether some process holds the lock."""
    if not path.exists():
        return False
    with path.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
