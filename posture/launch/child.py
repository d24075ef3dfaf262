"""One process that the supervisor started."""

import os
import select
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from posture.launch.account import Account
from posture.launch.console import printable
from posture.launch.parent import dying_with

LONGEST_LINE = 4096
LINES_KEPT = 60


@dataclass(frozen=True)
class Command:
    """What to start, as whom, and how it likes to be ended.

    A death of an `essential` process ends everything. Order of ending: the higher `stage` first.
    `ending` is what makes the process end in an orderly way.
    """

    name: str
    words: list[str]
    account: Account
    environment: Mapping[str, str]
    folder: Path
    essential: bool = True
    stage: int = 1
    ending: signal.Signals = signal.SIGTERM


@dataclass
class Child:
    """A running command and the last lines of its output."""

    command: Command
    process: subprocess.Popen[bytes]
    heard: deque[str] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))
    listener: Callable[[str], None] | None = None
    unfinished: bytes = b""
    silent: bool = False

    @property
    def name(self) -> str:
        return self.command.name

    def fileno(self) -> int:
        if self.process.stdout is None:
            raise ValueError(f"{self.name} writes to the terminal itself")
        return self.process.stdout.fileno()

    def hear(self) -> list[str]:
        """The lines that came since the last time; `silent` is set when there will be no more."""
        try:
            chunk = os.read(self.fileno(), 65536)
        except BlockingIOError:
            return []
        self.silent = not chunk
        *whole, self.unfinished = (self.unfinished + chunk).split(b"\n")
        if self.unfinished and (self.silent or len(self.unfinished) > LONGEST_LINE):
            whole.append(self.unfinished)
            self.unfinished = b""
        lines = [printable(line[:LONGEST_LINE].decode("utf-8", errors="replace")).rstrip() for line in whole]
        self.heard.extend(lines)
        return lines

    def has_more(self) -> bool:
        """Whether something is there to hear at this moment."""
        return not self.silent and bool(select.select([self.fileno()], [], [], 0)[0])

    def signal(self, signum: signal.Signals) -> None:
        """Send a signal to the process; one that ended already is left alone."""
        if self.process.poll() is None:
            self.process.send_signal(signum)

    def reload(self) -> None:
        """Ask the process to read its settings and certificates again."""
        self.signal(signal.SIGHUP)

    def kill(self) -> None:
        """End the process and its group by force."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def how_it_ended(self) -> str:
        """In words: "ended with status 3", "was ended by SIGKILL"."""
        status = self.process.poll()
        if status is not None and status < 0:
            return f"was ended by {signal.Signals(-status).name}"
        return f"ended with status {status}"


def start(command: Command, *, terminal: bool = False) -> Child:
    """Start the command in a session of its own, tied to our life; with `terminal` it writes there itself."""
    process = subprocess.Popen(  # noqa: S603 - the words are ours, no shell reads them
        command.account.command(command.words, dying=command.ending.name.removeprefix("SIG")),
        stdin=subprocess.DEVNULL,
        stdout=None if terminal else subprocess.PIPE,
        stderr=None if terminal else subprocess.STDOUT,
        cwd=command.folder,
        env=dict(command.environment),
        start_new_session=True,
        preexec_fn=dying_with(os.getpid(), command.ending),
    )
    child = Child(command, process, silent=terminal)
    if not terminal:
        os.set_blocking(child.fileno(), False)
    return child
