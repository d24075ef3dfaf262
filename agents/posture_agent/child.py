"""A process apart that collects: what a collection takes and leaves, its memory before all, goes when it ends.

So the parent stays small: it holds no more than the bytes of the result, and loads TLS afterwards. The child is a copy
of it that keeps nothing open but the standard streams and the pipe of its result, ends where the parent ends, and
never returns. It is to be made while there is one thread.
"""

from __future__ import annotations

import fcntl
import gc
import os
import select
import signal
import time

from . import reasons
from .failures import TROUBLE, Failure
from .loading import loaded
from .report import report_in
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable, NoReturn

    from .report import Report
    from .scope import Options

MARGIN = 30.0  # seconds beyond the collection's own deadline, at which it ends by itself, source by source
PIECE = 65536  # bytes; as much as a pipe holds
ENDING = (signal.SIGINT, signal.SIGTERM)
FAILED = b"!"  # begins the words of a child that failed; a report begins with a digit


class Uncollected(Failure):
    """A collection came to nothing; the text says why."""

    status = TROUBLE


def collect(options: Options) -> Report:
    """One collection. Raises Uncollected where its process fails, hangs or is killed."""
    return apart(lambda: loaded("collection").collect(options).report(), options.seconds + MARGIN)


def apart(work: Callable[[], Report], seconds: float) -> Report:
    """What ``work`` returns in a process of its own, which has so many seconds. Raises Uncollected.

    However this ends, by a signal's exception too, that process has ended and is forgotten.
    """
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # else one may come between the birth and our knowing of it
    try:
        pid, source = born(work, mask)
        try:
            data = watched(source, seconds, mask)
        finally:
            status = ended(pid)
            os.close(source)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return understood(data, status)


def born(work: Callable[[], Report], mask: Iterable[Any]) -> tuple[int, int]:
    """A child at work, and the descriptor that its result comes from."""
    parent = os.getpid()
    source, target = os.pipe()
    try:
        pid = os.fork()
        if pid == 0:
            live(work, parent, target, mask)
    except OSError as error:
        os.close(source)
        raise Uncollected(say("the process that collects cannot be started: %s", reasons.words_of(error))) from None
    finally:
        os.close(target)
    return pid, source


def watched(source: int, seconds: float, mask: Iterable[Any]) -> bytearray:
    """All that comes within so many seconds; a signal may end us meanwhile. Raises Uncollected when they are over."""
    end, data, ready = time.monotonic() + seconds, bytearray(), select.poll()
    ready.register(source, select.POLLIN)
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        while True:
            left = end - time.monotonic()
            if left <= 0 or not ready.poll(left * 1000):
                raise Uncollected(say("the process that collects hung, and was ended after %d seconds", seconds))
            piece = os.read(source, PIECE)
            if not piece:
                return data
            data += piece
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)


def ended(pid: int) -> int:
    """The wait status of a child, which is killed unless it is ending already: that changes its status no more."""
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def understood(data: bytearray, status: int) -> Report:
    """The report of a child that ended well. Raises Uncollected."""
    if os.WIFSIGNALED(status):
        raise Uncollected(say("the process that collects was ended by signal %d", os.WTERMSIG(status)))
    if data.startswith(FAILED):
        raise Uncollected(say("the process that collects failed: %s", data[1:].decode("utf-8", "replace")))
    try:
        return report_in(data)
    except ValueError:
        raise Uncollected(say("the process that collects ended before its result was whole")) from None


def live(work: Callable[[], Report], parent: int, target: int, mask: Iterable[Any]) -> NoReturn:
    """The child's whole life. Nothing of the parent's is flushed, unlocked or closed for it, whatever happens."""
    status = TROUBLE
    try:
        settle(parent, target, mask)
        tell(target, work().pieces())
        status = 0
    except BaseException as error:  # noqa: BLE001  # nothing may leave this function
        tell(target, [FAILED + words_of(error).encode("utf-8", "replace")])
    finally:
        os._exit(status)


def settle(parent: int, target: int, mask: Iterable[Any]) -> None:
    """Let go of what is the parent's, and end where it ends."""
    gc.freeze()  # what it left lying about would close descriptors that are others by now
    for number in (*ENDING, signal.SIGIO):
        signal.signal(number, signal.SIG_DFL)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) != target:
            try:
                os.close(int(name))
            except OSError:
                continue  # it was of the list itself
    fcntl.fcntl(target, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(target, fcntl.F_SETFL, os.O_ASYNC)  # SIGIO, which ends us, when the other end of the pipe closes
    if os.getppid() != parent:
        os._exit(TROUBLE)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def tell(target: int, pieces: Iterable[Any]) -> None:
    """Write all of it to the parent."""
    fcntl.fcntl(target, fcntl.F_SETFL, 0)  # reading would be a SIGIO as well; a parent that ended is a broken pipe now
    for piece in pieces:
        view = memoryview(piece)
        while view:
            view = view[os.write(target, view) :]


def words_of(error: BaseException) -> str:
    """What an exception is and where it comes from; not its text, which may quote what was read."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    if place is None:
        return type(error).__name__
    return "%s (%s:%d)" % (type(error).__name__, os.path.basename(place.tb_frame.f_code.co_filename), place.tb_lineno)
