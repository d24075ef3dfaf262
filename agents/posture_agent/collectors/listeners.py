"""TCP sockets on which a process listens, from /proc: what the daemon really offers to the network."""

from __future__ import annotations

import errno
import socket
import struct

from ..hostfiles import MAX_BYTES, HostFiles

LISTEN = "0A"  # state of a listening socket, see include/net/tcp_states.h


def collect(files: HostFiles, pid: int) -> list[str]:
    """``address:port`` of each listening TCP socket of ``pid`` (IPv6 in brackets), sorted. Raises OSError."""
    inodes = sockets_in(files, "/proc/%d/fd" % pid)
    found = set()
    for table in ("tcp", "tcp6"):
        path = "/proc/%d/net/%s" % (pid, table)
        if files.exists(path):
            found.update(parsed(table_text(files, path), inodes))
    return sorted(found)


def table_text(files: HostFiles, path: str) -> str:
    """A /proc/net/tcp table as far as it lists sockets that listen: the kernel prints those first, and a busy host has
    megabytes of others behind them. Raises OSError, also where those that listen are too many."""
    text = files.head(path, MAX_BYTES)
    if len(text) < MAX_BYTES:
        return text
    rows = text.splitlines()[:-1]  # the last one is cut
    if rows[-1].split()[3:4] == [LISTEN]:
        raise OSError(errno.EFBIG, "larger than we read", path)
    return "\n".join(rows)


def inodes_of(files: HostFiles, pid: int) -> set[str]:
    """Inodes of a process's sockets; none where it has ended or is not ours to look into."""
    try:
        return sockets_in(files, "/proc/%d/fd" % pid)
    except OSError:
        return set()


def sockets_in(files: HostFiles, folder: str) -> set[str]:
    """Inodes of the sockets among a folder of descriptors. Raises OSError."""
    inodes = set()
    for name in files.names(folder):
        try:
            target = files.link(folder + "/" + name)
        except OSError:
            continue  # closed meanwhile
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    return inodes


def parsed(table: str, inodes: set[str]) -> list[str]:
    """Listening addresses of a /proc/net/tcp table whose inode is one of ``inodes``."""
    rows = [line.split() for line in table.splitlines()[1:]]
    return [address(row[1]) for row in rows if len(row) > 9 and row[3] == LISTEN and row[9] in inodes]


def address(word: str) -> str:
    """``0100007F:0947`` as ``127.0.0.1:2375``: the kernel prints each 32-bit word in its own byte order."""
    packed, _, port = word.partition(":")
    words = [int(packed[i : i + 8], 16) for i in range(0, len(packed), 8)]
    raw = b"".join(struct.pack("=I", part) for part in words)
    if len(raw) == 4:
        return "%s:%d" % (socket.inet_ntop(socket.AF_INET, raw), int(port, 16))
    return "[%s]:%d" % (socket.inet_ntop(socket.AF_INET6, raw), int(port, 16))
