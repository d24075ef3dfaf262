"""The agent's program on a machine: what is there, and how its commands are called."""

import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec
from django.conf import settings

from posture.remote.connection import Connection
from posture.remote.exchange import Finished
from posture.remote.problems import RemoteTrouble
from posture.remote.shipping import FIND, NO_PYTHON, OLD_PYTHON, last_words

PROGRAM = "/usr/local/bin/posture-agent"
STATE = "/var/lib/posture-agent"
SECONDS = 150.0  # for a command of the agent; a collection takes at most 240, most of them one
COLLECTION_SECONDS = 270.0
SPARE = 1024 * 1024  # bytes of room that are wanted beside the file itself
# Prints one line of JSON about the machine. Arguments do not reach it through FIND, so the paths are put in as JSON.
PROBE = """import hashlib, json, os, sys

def digest(path):
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except (IOError, OSError):
        return ""

def room(path):
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize

program, state = json.loads(%s)
print("")
print(json.dumps({"uid": os.geteuid(), "python": sys.executable, "digest": digest(program),
    "state": os.path.isdir(state), "room": {path: room(path) for path in (os.path.dirname(program), state)}}))
"""
# What the agent's exit statuses mean here.
PROBLEMS = {3: "agent_state", 4: "server_unreachable", 5: "enrolment_refused", 6: "enrolment_refused"}


class Seen(msgspec.Struct):
    """What the machine has: ``digest`` of the program ("" where there is none), bytes of ``room`` by path."""

    uid: int
    python: str
    digest: str
    state: bool
    room: dict[str, int]


@dataclass(frozen=True, slots=True)
class Program:
    """The agent on a machine to which we are connected."""

    connection: Connection
    seen: Seen

    def run(self, *words: str, stdin: bytes = b"", seconds: float = SECONDS) -> Finished:
        """Call a command of the agent as root, its words in English."""
        argv = ["env", "LC_ALL=C", self.seen.python, "-B", PROGRAM, *words]
        return self.connection.run(argv, stdin, root=True, seconds=seconds)

    def demand(self, *words: str, stdin: bytes = b"", seconds: float = SECONDS) -> Finished:
        """Call a command that has to succeed; raises RemoteTrouble with the agent's words."""
        done = self.run(*words, stdin=stdin, seconds=seconds)
        if done.status:
            raise RemoteTrouble(PROBLEMS.get(done.status, "command_failed"), f"{words[0]}: {last_words(done)}")
        return done

    def status(self) -> dict[str, Any]:
        """What the agent says of itself; empty where it cannot say."""
        done = self.run("status", "--json")
        try:
            found = msgspec.json.decode(done.stdout)
        except msgspec.DecodeError:
            return {}
        return found if isinstance(found, dict) else {}


def look_at(connection: Connection) -> Seen:
    """See what is there, as root. Raises RemoteTrouble: no_python, old_python, root_needed, sudo_refused …"""
    places = msgspec.json.encode([PROGRAM, STATE]).decode()
    probe = PROBE % repr(places)
    done = connection.run(["sh", "-c", FIND, "sh", probe], root=True)
    if done.status in (NO_PYTHON, OLD_PYTHON):
        raise RemoteTrouble("no_python" if done.status == NO_PYTHON else "old_python")
    try:
        seen = msgspec.json.decode(done.stdout.strip().rpartition(b"\n")[2], type=Seen)
    except msgspec.DecodeError as error:
        raise RemoteTrouble("command_failed", last_words(done)) from error
    if seen.uid != 0:
        raise RemoteTrouble("root_needed", connection.reach.user)
    return seen


def copy_program(connection: Connection, seen: Seen) -> bool:
    """Put this server's agent there unless that very file is; whether it was put. Raises RemoteTrouble."""
    agent = settings.AGENT_FILE.read_bytes()
    if seen.digest == hashlib.sha256(agent).hexdigest():
        return False
    for path, room in sorted(seen.room.items()):
        if room < len(agent) + SPARE:
            raise RemoteTrouble("disk_full", f"{path}: {room // 1024} KiB")
    connection.put(agent, PROGRAM, mode=0o755, root=True)
    return True
