"""Every process below another one, as /proc shows them."""

import os
import signal
import time
from collections import defaultdict
from pathlib import Path


def parent_of(stat: str) -> int:
    """The parent's pid in the text of /proc/PID/stat; the command's name before it may hold anything."""
    return int(stat.rpartition(")")[2].split()[1])


def descendants_of(pid: int) -> list[int]:
    """Children, their children and so on, zombies too."""
    children: dict[int, list[int]] = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            children[parent_of(path.read_text(encoding="utf-8", errors="replace"))].append(int(path.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children[waiting.pop()]
        found += below
        waiting += below
    return found


def send(pids: list[int], signum: signal.Signals) -> None:
    """Send a signal to each that still lives."""
    for pid in pids:
        try:
            os.kill(pid, signum)
        except ProcessLookupError:
            continue


def reap() -> None:
    """Collect every child that has ended, so that none stays a zombie."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def reap_strangers(known: set[int]) -> None:
    """Collect one ended child that fell to us when its parent died; those `known` have somebody who waits for them."""
    try:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return
    if ended is not None and ended.si_pid not in known:
        os.waitpid(ended.si_pid, os.WNOHANG)


def end_descendants(*, patience: float) -> None:
    """Give all of our descendants `patience` seconds to end by themselves, then end them by force."""
    limit = time.monotonic() + patience
    while left := descendants_of(os.getpid()):
        if time.monotonic() > limit:
            send(left, signal.SIGKILL)
        reap()
        time.sleep(0.05)
