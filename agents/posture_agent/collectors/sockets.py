"""Sockets of the host's network namespace that wait for strangers, and the programs that hold them."""

from __future__ import annotations

import errno

from ..hostfiles import HostFiles
from ..reading import TOO_LARGE, Deadline, Unreadable
from . import listeners

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TABLES = ("tcp", "tcp6", "udp", "udp6")
STATES = {"tcp": "0A", "udp": "07"}  # listening; unconnected. See include/net/tcp_states.h
FIRST_PASSING_PORT = 32768  # UDP ports from here on are mostly those of clients that wait for an answer
SECONDS = 3.0  # for looking through the descriptors of all processes
MAX_LISTENERS = 4096


def collect(files: HostFiles) -> list[dict[str, Any]]:
    """Listeners, sorted, each once: TCP in LISTEN, UDP bound below 32768. Raises OSError or Unreadable."""
    rows = [row for table in TABLES for row in waiting(table[:3], table_text(files, table))]
    programs = holders(files, {inode for _, _, inode in rows}, Deadline(SECONDS))
    found = set()
    for protocol, place, inode in rows:
        address, _, port = place.rpartition(":")
        found.add((protocol, int(port), address.strip("[]"), programs.get(inode, "")))
    if len(found) > MAX_LISTENERS:
        # Sockets on loopback are cheap: whoever opens thousands would push others off the end of the list.
        raise Unreadable(TOO_LARGE, "More than %d sockets wait for strangers." % MAX_LISTENERS)
    return [written(*one) for one in sorted(found)]


def written(protocol: str, port: int, address: str, program: str) -> dict[str, Any]:
    """One Listener; without the program where it may not be seen."""
    facts = {"Protocol": protocol, "Address": address, "Port": port}
    return dict(facts, Program=program[:256]) if program else facts


def table_text(files: HostFiles, table: str) -> str:
    """A table of the network namespace of process 1, else of our own; empty without IPv6."""
    read = listeners.table_text if table.startswith("tcp") else HostFiles.text
    try:
        return read(files, "/proc/1/net/" + table)
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise
        if table.endswith("6") and not files.exists("/proc/self/net/" + table):
            return ""
        return read(files, "/proc/self/net/" + table)


def waiting(protocol: str, table: str) -> list[tuple[str, str, str]]:
    """(protocol, address:port, inode) of the rows that wait."""
    rows = [line.split() for line in table.splitlines()[1:]]
    found = [
        (protocol, listeners.address(row[1]), row[9]) for row in rows if len(row) > 9 and row[3] == STATES[protocol]
    ]
    return [row for row in found if protocol == "tcp" or int(row[1].rpartition(":")[2]) < FIRST_PASSING_PORT]


def holders(files: HostFiles, inodes: set[str], deadline: Deadline) -> dict[str, str]:
    """comm of a process that holds each socket, as far as this account may see and time allows.

    Of several that share one (a server and its workers) the oldest is taken, so that the answer stays the same.
    """
    found: dict[str, str] = {}
    for pid in sorted(int(name) for name in files.names("/proc") if name.isdigit()):
        if not inodes - set(found) or deadline.left() <= 0:
            break
        held = listeners.inodes_of(files, pid) & inodes - set(found)
        if held:
            found.update(dict.fromkeys(held, files.word("/proc/%d/comm" % pid) or ""))
    return found
