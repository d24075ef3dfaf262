"""The command line: collect, enrol, move, forget, send, run. Exit statuses are documented in docs/agent.md."""

from __future__ import annotations

import argparse
import fcntl
import os
import sys

from . import VERSION
from .collection import Options
from .delivery import collected, send_once
from .engines import endpoints
from .enrolment import DEFAULT_INTERVAL, enrol, move
from .running import Service, log
from .server import Refused, ServerError, Stopped, Unreachable
from .state import State, StateError, default_folder
from .wire import canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OK, USAGE, STATE, UNREACHABLE, STOPPED, REFUSED = 0, 2, 3, 4, 5, 6
NOBODY = "00000000-0000-0000-0000-000000000000"  # installation in the snapshots of a host that is not enrolled
KEY_VARIABLE = "POSTURE_ENROLMENT_KEY"


def parser() -> argparse.ArgumentParser:
    """The command line's shape."""
    everywhere = argparse.ArgumentParser(add_help=False)
    everywhere.add_argument("--state", metavar="DIR", help="where the agent keeps its state")
    server = argparse.ArgumentParser(add_help=False)
    server.add_argument("url", metavar="URL", help="address of the Posture server")
    server.add_argument("--ca-sha256", metavar="HEX", help="SHA-256 of the server's own certificate authority")
    reading = argparse.ArgumentParser(add_help=False)
    reading.add_argument("-H", "--engine", action="append", default=[], metavar="ENDPOINT", help="engine to read")
    reading.add_argument("--interval", type=seconds, help="seconds between collections (default: as the server says)")
    reading.add_argument("--scans", metavar="DIR", help="where scanners leave results (default: scans in the state)")
    top = argparse.ArgumentParser(prog="posture-agent", description="Gathers facts about container engines.")
    top.add_argument("--version", action="version", version=VERSION)
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    commands.required = True
    commands.add_parser("collect", parents=[everywhere, reading], help="print one snapshot")
    one = commands.add_parser("enrol", parents=[everywhere, server], help="let this host into a server")
    one.add_argument("--key", help="enrolment key; - reads it from standard input (default: $%s)" % KEY_VARIABLE)
    one.add_argument("--again", action="store_true", help="replace an enrolment that exists")
    commands.add_parser("move", parents=[everywhere, server], help="follow the server to another address")
    gone = commands.add_parser("forget", parents=[everywhere], help="look no longer for an engine that was removed")
    gone.add_argument("endpoint", metavar="ENDPOINT", help="the engine's address, as the server shows it")
    commands.add_parser("send", parents=[everywhere, reading], help="collect once and deliver")
    service = commands.add_parser("run", parents=[everywhere, reading], help="collect and deliver for ever")
    service.add_argument("--once", action="store_true", help="one cycle, like send")
    return top


def seconds(text: str) -> int:
    """An interval within the protocol's bounds."""
    value = int(text)
    if not 10 <= value <= 86400:
        raise ValueError
    return value


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = parser().parse_args(arguments)
    state = State(options.state or default_folder(dict(os.environ), os.geteuid()))
    os.umask(0o077)
    try:
        return COMMANDS[options.command](state, options)
    except StateError as error:
        return failed(STATE, error)
    except Unreachable as error:
        return failed(UNREACHABLE, error)
    except Stopped as error:
        return failed(STOPPED, error)
    except (Refused, ServerError) as error:
        return failed(REFUSED, error)
    except OSError as error:
        return failed(STATE, "%s: %s" % (error.filename or "input and output", error.strerror))
    except KeyboardInterrupt:
        return OK


def failed(status: int, error: Any) -> int:
    """One line that says what went wrong."""
    log(str(error))
    return status


def collect_command(state: State, options: Any) -> int:
    """Print one snapshot; takes no sequence number and needs no enrolment."""
    try:
        state.prepare()
        key, kept, position = state.host_key(), True, state.position()
    except (StateError, OSError) as error:
        log("%s; fingerprints of this snapshot hold for it alone" % error)
        key, kept, position = os.urandom(32), False, {"sequence": 0, "digest": None}
    installation = state.enrolment()["installation"] if kept and state.enrolled() else NOBODY

    def following(digest: str) -> dict[str, Any]:
        return {"sequence": position["sequence"] + 1, "previous_digest": position["digest"], "digest": digest}

    settings = reading(options, key, state.folder if kept else None, list)
    cycle = collected(settings, installation, following, options.interval or DEFAULT_INTERVAL)
    sys.stdout.buffer.write(canonical(cycle.snapshot) + b"\n")
    sys.stdout.buffer.flush()
    return OK


def enrol_command(state: State, options: Any) -> int:
    """Enrol this host."""
    key = sys.stdin.readline().strip() if options.key == "-" else options.key or os.environ.get(KEY_VARIABLE)
    if not key:
        return failed(USAGE, "an enrolment key is needed: --key KEY, or $%s" % KEY_VARIABLE)
    state.prepare()
    with Locked(state):
        log(enrol(state, options.url, key, options.ca_sha256, options.again))
    return OK


def move_command(state: State, options: Any) -> int:
    """Follow the server to another address."""
    state.prepare()
    with Locked(state):
        log(move(state, options.url, options.ca_sha256))
    return OK


def forget_command(state: State, options: Any) -> int:
    """Look no longer for an engine that was removed for good."""
    state.prepare()
    with Locked(state):
        if not state.forget(options.endpoint):
            return failed(USAGE, "no engine was ever found at %s" % options.endpoint)
    log("%s is forgotten" % options.endpoint)
    return OK


def send_command(state: State, options: Any) -> int:
    """One collection, check-in and delivery."""
    state.prepare()
    with Locked(state):
        enrolment = state.enrolment()
        interval = options.interval or enrolment["interval"]
        log(send_once(state, reading(options, state.host_key(), state.folder, state.remember), interval))
    return OK


def run_command(state: State, options: Any) -> int:
    """Collect and deliver until a signal comes."""
    if options.once:
        return send_command(state, options)
    state.prepare()
    with Locked(state):
        found = reading(options, state.host_key(), state.folder, state.remember)
        Service(state, found, options.interval).run()
    return OK


COMMANDS = {
    "collect": collect_command,
    "enrol": enrol_command,
    "move": move_command,
    "forget": forget_command,
    "send": send_command,
    "run": run_command,
}


def reading(options: Any, key: bytes, folder: str | None, remembered: Any) -> Options:
    """What a collection needs to know; ``remembered`` as in ``endpoints``."""
    try:
        return Options(endpoints(options.engine, dict(os.environ), remembered), key, folder, scans=options.scans)
    except ValueError as error:
        raise StateError(str(error)) from None


class Locked:
    """Keeps a second agent away from the same state directory."""

    def __init__(self, state: State) -> None:
        self.path = state.path("lock")

    def __enter__(self) -> None:
        self.file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self.file)
            raise StateError("another posture-agent uses %s" % os.path.dirname(self.path)) from None

    def __exit__(self, *details: object) -> None:
        os.close(self.file)


if __name__ == "__main__":
    sys.exit(main())
