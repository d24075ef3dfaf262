"""Ties between a process and its parent that the Linux kernel keeps: prctl(2)."""

import ctypes
import os
import signal
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

# Loaded before any fork: loading a library between fork and exec is not safe.
libc = ctypes.CDLL(None, use_errno=True)


def prctl(option: int, argument: int) -> None:
    """Call prctl(2) or raise OSError."""
    if libc.prctl(option, ctypes.c_ulong(argument), 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def adopt_orphans() -> None:
    """From now on a descendant whose parent dies becomes our child, not that of init."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def dying_with(parent: int, signum: signal.Signals) -> Callable[[], None]:
    """What a fresh child has to call: it gets `signum` when `parent` dies, and ends if that happened already.

    The kernel means the *thread* of the parent that forked, so only our single-threaded processes use it.
    """

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, signum)
        if os.getppid() != parent:
            os._exit(1)

    return tie
