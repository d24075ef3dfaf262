"""The agent's program on a machine: what is there, and how its commands are called."""

import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec
from django.conf import settings

from posture.remote.connection import Connection
from posture.remote.exchange import Finished
from posture.remote.problems import RemoteTrouble
from posture.remote.shipping import last_words, run_python

PROGRAM = "/usr/local/bin/posture-agent"
STATE = "/var/lib/posture-agent"
SECONDS = 150.0  # for a command of the agent; a collection takes at most 240, most of them one
COLLECTION_SECONDS = 270.0
SPARE = 1024 * 1024  # bytes of room that are wanted beside the file itself
# Prints one line of JSON about the machine. Only its own text reaches it, so the paths are put in as JSON.
PROBE = """import hashlib, json, os, sys

def digest(path):
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except (IOError, OSError):
        return ""

def there(path):
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path

def room(path):
    found = os.statvfs(there(path))
    return found.f_bavail * found.f_frsize

def server(state):
    for name in ("enrolment.json", "enrolment.copy.json"):
        try:
            with open(os.path.join(state, name)) as file:
                return str(json.load(file)["url"])
        except (OSError, ValueError, KeyError, TypeError):
            pass
    return ""

program, state = json.loads(%s)
folder = os.path.dirname(program)
print("")
print(json.dumps({"uid": os.geteuid(), "python": sys.executable, "digest": digest(program), "server": server(state),
    "state": os.path.isdir(state), "folder": os.path.isdir(folder),
    "room": {path: room(path) for path in (folder, state)},
    "closed": [path for path in (folder, state, "/etc") if not os.access(there(path), os.W_OK)]}))
"""
# What the agent's exit statuses mean here.
PROBLEMS = {3: "agent_state", 4: "server_unreachable", 5: "enrolment_refused", 6: "enrolment_refused"}


class Runs(msgspec.Struct):
    """What starts the agent on a machine, as it says itself."""

    by: str | None = None
    active: bool = False


class Seen(msgspec.Struct):
    """What the machine has: ``digest`` of the program ("" where there is none), bytes of ``room`` by path.

    ``server``: whose agent left its state there, "" where none did. ``folder``: whether the program's is there.
    ``closed``: places that root itself may not write to.
    """

    uid: int
    python: str
    digest: str
    state: bool
    room: dict[str, int]
    server: str = ""
    folder: bool = True
    closed: list[str] = []


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
        return self.judge(words[0], self.run(*words, stdin=stdin, seconds=seconds))

    def judge(self, command: str, done: Finished) -> Finished:
        """The command as it ended; raises RemoteTrouble with the agent's words where that was no success."""
        if done.status:
            raise RemoteTrouble(PROBLEMS.get(done.status, "command_failed"), f"{command}: {last_words(done)}")
        return done

    def status(self) -> dict[str, Any]:
        """What the agent says of itself; empty where it cannot say."""
        done = self.run("status", "--json")
        _noise, _found, text = (b"\n" + done.stdout).rpartition(b"\n{")  # what a login script prints stands before it
        try:
            found = msgspec.json.decode(b"{" + text)
        except msgspec.DecodeError:
            return {}
        return found if isinstance(found, dict) else {}

    def runs(self) -> Runs:
        """What starts the agent; nothing where it cannot say."""
        try:
            return msgspec.convert(self.status().get("runs", {}), Runs)
        except msgspec.ValidationError:
            return Runs()


def look_at(connection: Connection) -> Seen:
    """See what is there, as root. Raises RemoteTrouble: no_python, old_python, root_needed, sudo_refused …"""
    places = msgspec.json.encode([PROGRAM, STATE]).decode()
    probe = PROBE % repr(places)
    done = run_python(connection, probe)
    try:
        seen = msgspec.json.decode(done.stdout.strip().rpartition(b"\n")[2], type=Seen)
    except msgspec.DecodeError as error:
        raise RemoteTrouble("command_failed", last_words(done)) from error
    if seen.uid != 0:
        raise RemoteTrouble("root_needed", connection.reach.user)
    return seen


def refuse_foreign(program: Program) -> dict[str, Any]:
    """What the agent there says of itself; raises enrolled_elsewhere where it, or the state it left, is of another
    server.

    Asked of the file that is there, before anything of it is touched: nobody is taken away from another fleet.
    """
    status = program.status()
    for server in (status.get("server"), program.seen.server):
        if server and server != settings.PUBLIC_URL.rstrip("/"):
            raise RemoteTrouble("enrolled_elsewhere", str(server))
    return status


def copy_program(connection: Connection, seen: Seen) -> bool:
    """Put this server's agent there unless that very file is; whether it was put. Raises RemoteTrouble."""
    agent = settings.AGENT_FILE.read_bytes()
    if seen.digest == hashlib.sha256(agent).hexdigest():
        return False
    if seen.closed:
        raise RemoteTrouble("read_only", ", ".join(seen.closed))
    for path, room in sorted(seen.room.items()):
        if room < len(agent) + SPARE:
            raise RemoteTrouble("disk_full", f"{path}: {room // 1024} KiB")
    if not seen.folder:
        connection.check(["mkdir", "-p", "-m", "0755", PROGRAM.rpartition("/")[0]], root=True)
    connection.put(agent, PROGRAM, mode=0o755, root=True)
    return True
