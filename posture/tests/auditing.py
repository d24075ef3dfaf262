"""The kernel's switch of auditing, for tests that load audit rules. It belongs to the whole machine."""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OFF, ON, LOCKED = 0, 1, 2


def available() -> bool:
    """Whether the kernel lets us audit: it can, we may, and its rules are not locked."""
    if os.geteuid() != 0 or shutil.which("auditctl") is None:
        return False
    return switch() in (OFF, ON)


def switch() -> int | None:
    """Where it stands, as ``auditctl -s`` says; None when that cannot be told."""
    done = subprocess.run(["auditctl", "-s"], capture_output=True, text=True, check=False)
    found = re.search(r"^enabled (\d)$", done.stdout, re.MULTILINE)
    return int(found[1]) if done.returncode == 0 and found else None


@contextmanager
def auditing() -> Iterator[None]:
    """Auditing switched on, and put back afterwards; nobody else of this checkout turns the switch meanwhile."""
    with alone(), turned(ON):
        yield


@contextmanager
def alone() -> Iterator[None]:
    """Waits until no other process of this checkout uses the switch, and keeps them waiting."""
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def turned(wanted: int) -> Iterator[None]:
    """The switch where it is wanted; afterwards it is where it was."""
    before = switch()
    try:
        turn(wanted)
        yield
    finally:
        turn(before)


def turn(wanted: int | None) -> None:
    """Brings the switch there. RuntimeError where the kernel does not do it."""
    if wanted not in (OFF, ON):
        raise RuntimeError(f"auditing cannot be switched to {wanted}: only to 0 or 1, and only unless it is locked")
    subprocess.run(["auditctl", "-e", str(wanted)], capture_output=True, check=False)
    if switch() != wanted:
        raise RuntimeError(f"auditing did not go to {wanted}")
