"""The truth about running containers, from /proc: their main process, and which SSH servers and supervisors run."""

from __future__ import annotations

import re

from ..hostfiles import HostFiles
from ..reading import MALFORMED, NOT_PERMITTED, SOURCE_FAILED, Deadline, Unreadable, reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SSH_SERVERS = frozenset(
    ("sshd", "sshd-session", "sshd-auth", "dropbear", "dropbearmulti", "tinysshd", "lshd", "wolfsshd")
)
# Programs that start and watch several services. What only reaps for one (tini, dumb-init, catatonit) is none.
SUPERVISORS = frozenset(
    (
        *("systemd", "supervisord", "s6-svscan", "runsvdir", "runit", "openrc-init", "circusd", "monit", "svscan"),
        *("perpd", "dinit", "finit", "shepherd", "overmind", "hivemind", "goreman", "process-compose", "my_init"),
    )
)
CONTAINER_ID = re.compile(r"[0-9a-f]{64}")


def collect(files: HostFiles, running: dict[str, tuple[str, int]], deadline: Deadline) -> dict[str, dict[str, Any]]:
    """MainProcess by container name. ``running``: id and pid of each running container by name."""
    if not running:
        return {}
    known = named(files, {identifier for identifier, _ in running.values()})
    facts = {}
    for name, (identifier, pid) in running.items():
        deadline.check()
        try:
            facts[name] = main_process(files, identifier, pid)
            if in_own_cgroup(files, identifier, pid):  # else nobody knows which processes are the container's
                found = known.get(identifier, set())
                facts[name]["SshServers"] = sorted(found & SSH_SERVERS)
                facts[name]["Supervisors"] = sorted(found & SUPERVISORS)
        except (OSError, Unreadable, *MALFORMED) as error:
            facts[name] = {"Error": vanished_or(files, reason_of(error))}
    return facts


def vanished_or(files: HostFiles, reason: str) -> str:
    """A process that cannot be seen has ended, or is hidden from us where /proc hides what is not ours."""
    return NOT_PERMITTED if not files.exists("/proc/1/status") else reason


def main_process(files: HostFiles, identifier: str, pid: int) -> dict[str, Any]:
    """MainProcess of one pid, after making sure that the pid is the container's."""
    folder = "/proc/%d" % pid
    if not in_own_cgroup(files, identifier, pid) and not is_kept_for(files, identifier, pid):
        # the number was given anew, or belongs to another pid namespace than ours
        raise Unreadable(SOURCE_FAILED, "The process is not known to be of this container.")
    status = dict(line.split(":", 1) for line in files.text(folder + "/status").splitlines() if ":" in line)
    uid = int(status["Uid"].split()[1])
    ranges = [tuple(int(word) for word in line.split()) for line in files.text(folder + "/uid_map").splitlines()]
    facts: dict[str, Any] = {"Uid": uid, "IdentityUidMap": identity(ranges)}
    inside = translated(uid, ranges)
    if inside is not None:
        facts["ContainerUid"] = inside
    for key in ("CapEff", "CapBnd"):
        facts[key] = status[key].strip()
    for key in ("Seccomp", "NoNewPrivs"):
        if key in status:  # kernels before 4.10 do not print NoNewPrivs
            facts[key] = int(status[key])
    label = files.word(folder + "/attr/apparmor/current") or files.word(folder + "/attr/current")
    if label:
        facts["AppArmor"] = label[:256]
    return facts


def in_own_cgroup(files: HostFiles, identifier: str, pid: int) -> bool:
    """Whether a process is in a control group that is named after the container. Raises OSError."""
    return identifier in CONTAINER_ID.findall(files.text("/proc/%d/cgroup" % pid))


def is_kept_for(files: HostFiles, identifier: str, pid: int) -> bool:
    """Whether the parent of a process watches over this container (conmon, containerd's shim): engines without root
    cannot make control groups everywhere."""
    try:
        parent = files.text("/proc/%d/stat" % pid).rpartition(")")[2].split()[1]
        return identifier in files.text("/proc/%s/cmdline" % parent).split("\0")
    except (OSError, IndexError):
        return False


def identity(ranges: list[tuple[int, ...]]) -> bool:
    """Whether uid 0 inside is uid 0 of the host."""
    return any(inside == 0 and outside == 0 and length > 0 for inside, outside, length in ranges)


def translated(uid: int, ranges: list[tuple[int, ...]]) -> int | None:
    """The host's ``uid`` as the container sees it; None when it is not mapped."""
    for inside, outside, length in ranges:
        if outside <= uid < outside + length:
            return inside + uid - outside
    return None


def named(files: HostFiles, identifiers: set[str]) -> dict[str, set[str]]:
    """Names of SSH servers and supervisors by container id: one pass over /proc; a cgroup tells the container."""
    found: dict[str, set[str]] = {}
    for name in files.names("/proc"):
        if not name.isdigit():
            continue
        command = files.word("/proc/%s/comm" % name)
        if command not in SSH_SERVERS and command not in SUPERVISORS:
            continue
        for identifier in CONTAINER_ID.findall(files.word("/proc/%s/cgroup" % name) or ""):
            if identifier in identifiers:
                found.setdefault(identifier, set()).add(str(command))
    return found
