"""The outermost process: it does nothing but see to it that no process of ours outlives the product.

guardian (what the person started) → supervisor → services. If the supervisor dies, whatever it left behind falls to
the guardian, which ends it. If the guardian dies, the kernel tells the supervisor, which ends everything in order.
If both die at once, the kernel tells each service.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

from posture.launch.descendants import end_descendants, send
from posture.launch.parent import adopt_orphans, dying_with

# Longer than the supervisor takes to end everything by itself.
PATIENCE = 15.0
LOOK_EVERY = 0.1
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def guard(work: Callable[[], int], *, patience: float = PATIENCE) -> int:
    """Run `work` in a process of its own and give its exit status; when we return, no descendant is left.

    `patience`: seconds that what a killed supervisor left behind has to end by itself.
    """
    parent = os.getppid()
    adopt_orphans()
    sys.stdout.flush()
    sys.stderr.flush()
    own = os.getpid()
    worker = os.fork()
    if worker == 0:
        dying_with(own, signal.SIGTERM)()
        status = 1
        try:
            status = work()
        finally:
            # Not the usual way out: what the guardian had registered to do at its exit is the guardian's to do. What we
            # write is flushed line by line.
            os._exit(status)
    status = wait_for(worker, parent=parent)
    end_descendants(patience=patience if status < 0 else 0.5)
    return status if status >= 0 else 128 - status


def wait_for(worker: int, *, parent: int) -> int:
    """Hand signals on to the worker until it ends; its exit status, negative when a signal ended it."""

    def hand_on(signum: int, frame: FrameType | None) -> None:
        send([worker], signal.Signals(signum))

    for signum in ENDING:
        signal.signal(signum, hand_on)
    told = False
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == worker:
            return os.waitstatus_to_exitcode(status)
        if not told and os.getppid() != parent:
            send([worker], signal.SIGTERM)
            told = True
        if pid == 0:
            time.sleep(LOOK_EVERY)
