"""Runs the agent on a machine with its own Python, from memory: nothing is left there."""

import inspect
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from posture.remote import importer
from posture.remote.agent_code import agent_text
from posture.remote.connection import COMMAND_SECONDS, Connection
from posture.remote.exchange import Finished
from posture.remote.problems import RemoteTrouble

VISIT_SECONDS = 300.0
LARGEST_ANSWER = 64 * 1024 * 1024  # bytes, expanded
NO_PYTHON, OLD_PYTHON = 92, 93  # statuses of FIND
# Finds a Python that will do and becomes it; $1: bytes of its program, which comes first on standard input: what stands
# in a command line would be written into sudo's log at each visit. -I: nothing of the account's environment; -S:
# nothing of the site's; -B: no compiled file is written.
FIND = """found=
for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python3.9 python3.8 python3.7
do
  command -v "$name" >/dev/null 2>&1 || continue
  "$name" -I -S -B -c 'import sys; sys.exit(sys.version_info < (3, 7))' </dev/null >/dev/null 2>&1 &&
    exec "$name" -I -S -B -c 'import sys; exec(sys.stdin.buffer.read(int(sys.argv[1])).decode())' "$1"
  found=old
done
[ -n "$found" ] && exit 93
exit 92"""
# Reads the request and the agent's modules from standard input, and imports them from memory.
LOADER = (
    inspect.getsource(importer)
    + """
import json, zlib
source = sys.stdin.buffer
request = json.loads(source.readline().decode())
install(zlib.decompress(source.read(request["agent"])))
from posture_agent.visit import visit
visit(request, source, sys.stdout.buffer)
"""
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a visit needs. ``key``: of fingerprints; ``engines``: endpoints of before; ``contents``: of images."""

    key: bytes
    interval: int
    engines: Sequence[str]
    contents: bytes


def visit_with_python(connection: Connection, wishes: Wishes) -> bytes:
    """The answer (JSON) of a visit by the machine's own Python.

    Raises RemoteTrouble; no_python and old_python where there is none that will do.
    """
    mark = secrets.token_hex(16)
    agent = zlib.compress(agent_text(), 6)
    request = {
        "mark": mark,
        "key": wishes.key.hex(),
        "interval": wishes.interval,
        "engines": list(wishes.engines),
        "agent": len(agent),
        "contents": len(wishes.contents),
    }
    stdin = msgspec.json.encode(request) + b"\n" + agent + wishes.contents
    done = run_python(connection, LOADER, stdin, seconds=VISIT_SECONDS)
    return unpacked(answer_in(done, mark))


def run_python(
    connection: Connection, program: str, stdin: bytes = b"", *, seconds: float = COMMAND_SECONDS
) -> Finished:
    """Run a program with the machine's own Python, as root where the reach says so. Raises RemoteTrouble."""
    text = program.encode()
    done = connection.run(["sh", "-c", FIND, "sh", str(len(text))], text + stdin, seconds=seconds, root=True)
    if done.status in (NO_PYTHON, OLD_PYTHON):
        raise RemoteTrouble("no_python" if done.status == NO_PYTHON else "old_python")
    return done


def answer_in(done: Finished, mark: str) -> bytes:
    """The answer behind its mark: what a login script prints stands before it."""
    _noise, found, rest = done.stdout.partition(b"\n" + mark.encode())
    size = rest[:10]
    if done.status or not found or not size.isdigit() or len(rest) - 10 < int(size):
        raise RemoteTrouble("agent_failed", last_words(done))
    return rest[10 : 10 + int(size)]


def last_words(done: Finished) -> str:
    """The end of standard error: of a Python's traceback the line that matters."""
    words = done.stderr.decode(errors="replace").strip()
    return f"status {done.status}: {words[-1000:]}" if words else f"status {done.status}"


def unpacked(packed: bytes) -> bytes:
    """Expand at most LARGEST_ANSWER bytes; raises RemoteTrouble."""
    stream = zlib.decompressobj()
    try:
        answer = stream.decompress(packed, LARGEST_ANSWER)
    except zlib.error as error:
        raise RemoteTrouble("agent_failed", str(error)) from error
    if not stream.eof:
        raise RemoteTrouble("output_too_large")
    return answer
