"""Starts children, hears them, and ends them all. One thread: the kernel ties a child to the thread that forked it."""

import os
import selectors
import signal
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

from posture.launch.child import Child, Command, start
from posture.launch.console import Console
from posture.launch.descendants import end_descendants, reap_strangers
from posture.launch.parent import adopt_orphans
from posture.launch.trouble import FULL_DISK, Stopped, Trouble

PATIENCE = 8.0
BEAT = 0.1
SHOWN = 20


class Supervisor:
    """A context: when it is left, for whatever reason, every child has ended."""

    def __init__(self, console: Console, *, patience: float = PATIENCE) -> None:
        self.console = console
        self.patience = patience
        self.children: list[Child] = []
        self.errands: list[Child] = []
        self.selector = selectors.DefaultSelector()
        self.stopping = False
        self.loud = False

    def __enter__(self) -> Self:
        adopt_orphans()
        # A signal writes a byte here, so that waiting for output ends at once.
        read_end, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.selector.register(read_end, selectors.EVENT_READ)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self.ask_to_stop)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end_all()

    def ask_to_stop(self, signum: int, frame: FrameType | None) -> None:
        self.stopping = True

    def start(self, command: Command) -> Child:
        """Start a command that goes on until the end."""
        child = start(command)
        self.children.append(child)
        self.selector.register(child, selectors.EVENT_READ)
        return child

    def run(self, command: Command, *, terminal: bool = False, heard: Callable[[str], None] | None = None) -> list[str]:
        """Run a command to its end and give its last lines; a failure is Trouble.

        With `terminal` it writes to our terminal itself; else `heard` is told each line.
        """
        child = self.finish(start(command, terminal=terminal), heard=heard)
        if child.process.returncode != 0:
            raise failure(child)
        return list(child.heard)

    def status_of(self, command: Command) -> int:
        """Run a command on our terminal to its end and give its exit status, 128 and more when a signal ended it."""
        status = self.finish(start(command, terminal=True)).process.wait()
        return status if status >= 0 else 128 - status

    def finish(self, child: Child, *, heard: Callable[[str], None] | None = None) -> Child:
        """Wait for an errand's end while the others are heard."""
        child.listener = heard or ignore
        self.errands.append(child)
        if not child.silent:
            self.selector.register(child, selectors.EVENT_READ)
        while child.process.poll() is None:
            self.pump()
            self.check()
        self.drain(child)
        self.errands.remove(child)
        return child

    def wait_until(self, ready: Callable[[], bool], *, limit: float, what: str) -> None:
        """Hear the children until `ready` says yes; Trouble after `limit` seconds."""
        end = time.monotonic() + limit
        while not ready():
            if time.monotonic() > end:
                raise Trouble(f"{what} was not ready within {limit:.0f} seconds.", details=self.last_lines(what))
            self.pump()
            self.check()

    def watch(self, chore: Callable[[], None]) -> None:
        """Go on until somebody asks to stop or an essential child dies; `chore` is called at every turn."""
        while not self.must_stop():
            self.pump(wait=1.0)
            if self.must_stop():
                return
            self.check()
            chore()

    def must_stop(self) -> bool:
        """Whether somebody asked, or nobody reads what we write: whoever started us has gone."""
        return self.stopping or self.console.gone

    def pump(self, wait: float = BEAT) -> None:
        """Hear what the children say for a moment."""
        for key, _ in self.selector.select(wait):
            if isinstance(key.fileobj, Child):
                self.hear(key.fileobj)
            else:
                os.read(key.fd, 4096)
        self.console.turn()

    def hear(self, child: Child) -> None:
        """Take in the new lines of a child, and pass them on."""
        for line in child.hear():
            if child.listener is not None:
                child.listener(line)
            elif self.loud:
                self.console.log(child.name, line)
        if child.silent:
            self.selector.unregister(child)

    def drain(self, child: Child) -> None:
        """Take in what an ended child had still said; a grandchild that keeps the pipe open is not waited for."""
        while child.has_more():
            self.hear(child)
        if not child.silent:
            child.silent = True
            self.selector.unregister(child)

    def check(self) -> None:
        """Raise Stopped or Trouble where there is reason; say that a child died that is not essential."""
        if self.must_stop():
            raise Stopped
        reap_strangers({child.process.pid for child in (*self.children, *self.errands)})
        for child in [one for one in self.children if one.process.poll() is not None]:
            self.drain(child)
            if child.command.essential:
                raise failure(child)
            self.children.remove(child)
            last = child.heard[-1] if child.heard else "without a word"
            self.console.note(f"{child.name} {child.how_it_ended()} ({last}); the rest goes on.")

    def last_lines(self, name: str) -> list[str]:
        """What the child of that name said last."""
        return [line for child in self.children if child.name == name for line in child.heard][-SHOWN:]

    def end_all(self) -> None:
        """End every child, stage by stage from the highest: those who write before what they write to."""
        signal.set_wakeup_fd(-1)
        self.end(self.errands)
        for stage in sorted({child.command.stage for child in self.children}, reverse=True):
            self.end([child for child in self.children if child.command.stage == stage])
        self.children.clear()
        self.errands.clear()
        end_descendants(patience=0.5)

    def end(self, group: list[Child]) -> None:
        """Ask the children of a stage to end, and end those by force that do not."""
        for child in group:
            child.signal(child.command.ending)
        limit = time.monotonic() + self.patience
        while any(child.process.poll() is None for child in group) and time.monotonic() < limit:
            self.pump()
        for child in group:
            child.kill()
            child.process.wait()


def failure(child: Child) -> Trouble:
    """Why a child's end ends everything, with its last lines."""
    details = list(child.heard)[-SHOWN:]
    if any(FULL_DISK in line for line in details):
        return Trouble("The disk is full: free some space and start again.", details=details)
    return Trouble(f"{child.name} {child.how_it_ended()}.", details=details)


def ignore(line: str) -> None:
    """The listener of a command whose output matters only when it fails."""
