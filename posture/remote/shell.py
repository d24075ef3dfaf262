"""Questions about files to a machine without Python: one ``sh`` answers them with ``stat``, ``head`` and ``ls``.

The script is constant. Questions are two lines on its standard input, what to do and a path, which is never part of a
command's text; an answer ends with a mark that nobody on the machine can guess.
"""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Iterable, Sequence

from paramiko import SSHException

from posture.remote.account import SUDO
from posture.remote.connection import Connection
from posture.remote.exchange import open_session
from posture.remote.problems import RemoteTrouble

ANSWER_SECONDS = 20.0
LARGEST = 4 * 1024 * 1024 + 1  # bytes of a file or a folder's names
MOST_TOGETHER = 128 * 1024 * 1024  # bytes of all answers of a visit: they are remembered
MOST_AT_ONCE = 200  # questions: all fit into the window, so that nobody waits for the other
# s: status, links followed; c: content of a regular file; l: names in a folder; d: what a folder's links say;
# r: the path without links; u: the system.
SCRIPT = """LC_ALL=C; export LC_ALL; IFS= read -r mark || exit 0
while IFS= read -r ask && IFS= read -r path; do
  case $ask in
    s) stat -L -c '%f %u %g %d %t %T %h %s %Y %i' -- "$path" 2>&1 ;;
    c) if [ -f "$path" ]; then head -c 4194305 -- "$path" 2>&1
       elif [ -e "$path" ]; then echo 'Not a regular file'; false
       else stat -L -- "$path" 2>&1; false; fi ;;
    l) ls -1a -- "$path" 2>&1 ;;
    d) ls -l -- "$path" 2>&1 ;;
    r) readlink -f -- "$path" 2>&1 ;;
    u) uname -n && uname -r && uname -v && uname -m ;;
    *) false ;;
  esac
  printf '\\n%s %d\\n' "$mark" $?
done"""

Question = tuple[str, str]


class Shell:
    """Asks a machine; each question once, answers are remembered for the visit."""

    def __init__(self, connection: Connection) -> None:
        self.mark = secrets.token_hex(16).encode()
        self.answers: dict[Question, tuple[int, bytes]] = {}
        self.buffer = b""
        self.room = MOST_TOGETHER
        argv = ["sh", "-c", SCRIPT]
        if connection.reach.use_sudo and connection.reach.user != "root":
            connection.try_account(sudo=True)
            argv = [*SUDO, *argv]
        try:
            self.channel = open_session(connection.transport)
            self.channel.settimeout(ANSWER_SECONDS)
            self.channel.exec_command(shlex.join(argv))
            self.channel.sendall(self.mark + b"\n")
        except (SSHException, OSError, EOFError) as error:
            raise RemoteTrouble("connection_lost", str(error)) from error

    def ask(self, what: str, path: str = "/") -> tuple[int, bytes]:
        """Status and output of one question. Raises RemoteTrouble."""
        self.ask_all([(what, path)])
        return self.answers[what, path]

    def ask_all(self, questions: Iterable[Question]) -> None:
        """Ask what was not asked before, many at a time. A path that holds a line break has no answer."""
        fresh = list(dict.fromkeys(one for one in questions if one not in self.answers))
        for broken in [one for one in fresh if "\n" in one[1] or "\0" in one[1]]:
            self.answers[broken] = (1, b"No such file or directory")
        askable = [one for one in fresh if one not in self.answers]
        for start in range(0, len(askable), MOST_AT_ONCE):
            self._ask_some(askable[start : start + MOST_AT_ONCE])

    def close(self) -> None:
        """No more questions."""
        self.channel.close()

    def _ask_some(self, questions: Sequence[Question]) -> None:
        text = "".join(f"{what}\n{path}\n" for what, path in questions)
        try:
            self.channel.sendall(text.encode("utf-8", "surrogateescape"))
            for question in questions:
                self.answers[question] = self._answer()
                self.room -= len(question[1]) + len(self.answers[question][1])
                if self.room < 0:
                    raise RemoteTrouble("output_too_large", f"more than {MOST_TOGETHER} bytes together")
        except TimeoutError as error:
            raise RemoteTrouble("timed_out", questions[0][1]) from error
        except (SSHException, OSError, EOFError) as error:
            raise RemoteTrouble("connection_lost", str(error)) from error

    def _answer(self) -> tuple[int, bytes]:
        """The next answer: what stands before the mark, and the status behind it."""
        end, looked = b"\n" + self.mark + b" ", 0
        while (place := self.buffer.find(end, looked)) < 0 or b"\n" not in self.buffer[place + len(end) :]:
            looked = max(0, len(self.buffer) - len(end) - 8)
            if len(self.buffer) > LARGEST * 2:
                raise RemoteTrouble("output_too_large")
            piece = self.channel.recv(65536)
            if not piece:
                raise EOFError("the shell ended")
            self.buffer += piece
        content, _, rest = self.buffer.partition(end)
        status, _, self.buffer = rest.partition(b"\n")
        if not status.isdigit():
            raise RemoteTrouble("agent_failed", "the machine's shell answers with something else")
        return int(status), content
