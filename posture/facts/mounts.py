"""What of the host a container mounts."""

import posixpath
import re
from collections.abc import Iterable
from typing import Literal

from msgspec import UnsetType

from posture.facts.wire.container import Mount

SENSITIVE = (
    *("/", "/bin", "/boot", "/dev", "/etc", "/lib", "/proc", "/root", "/run", "/sbin", "/sys", "/usr"),
    *("/var/lib/containerd", "/var/lib/containers", "/var/lib/docker", "/var/lib/kubelet"),
)
_LIBRARIES = re.compile(r"/lib[^/]*(/.*)?")  # /lib32, /lib64, /libx32
SOCKETS = (
    *("/run/docker.sock", "/run/containerd/containerd.sock", "/run/docker/containerd/containerd.sock"),
    *("/run/podman/podman.sock", "/run/crio/crio.sock", "/run/cri-dockerd.sock", "/run/k3s/containerd/containerd.sock"),
)
_NO_BINDS = frozenset(
    (
        *("volume", "tmpfs", "ramfs", "npipe", "cluster", "image", "devpts", "mqueue", "proc", "sysfs", "cgroup"),
        "cgroup2",
    )
)
_PROPAGATIONS = frozenset(
    ("", "private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable")
)
_SOCKET_NAME = re.compile(r"(docker|podman|containerd|crio|cri-dockerd|dockershim|balena|balena-engine)\.sock")


def canonical_path(path: str) -> str:
    """Absolute, without "..", "." and doubled slashes; /var/run is /run."""
    path = posixpath.normpath("/" + path.lstrip("/"))
    return path[4:] if path == "/var/run" or path.startswith("/var/run/") else path


def below(path: str, root: str) -> bool:
    """Whether the path equals the root or lies below it."""
    return path == root or path.startswith(root.rstrip("/") + "/")


def is_bind(mount: Mount) -> bool:
    """A path of the host. Engines before 1.13 give no type: a bind then has no name. A volume is one when the agent
    found that its driver binds a path, which is then its real source. A type that we do not know may bind one."""
    if isinstance(mount.Type, UnsetType) or mount.Type == "":
        return isinstance(mount.Name, UnsetType) or mount.Name == ""
    return mount.Type not in _NO_BINDS or (mount.Type == "volume" and isinstance(mount.RealSource, str))


def sources(mount: Mount) -> frozenset[str]:
    """The host path of a bind as configured, and where its symbolic links lead; of a volume only what it binds."""
    paths = (mount.RealSource,) if mount.Type == "volume" else (mount.Source, mount.RealSource)
    return frozenset(canonical_path(path) for path in paths if isinstance(path, str) and path)


def is_sensitive(path: str, roots: Iterable[str]) -> bool:
    """Equal to a listed tree, below it, or a directory that contains it; below / counts for / itself only."""
    if _LIBRARIES.fullmatch(path):
        return True
    return any(path == root or (root != "/" and (below(path, root) or below(root, path))) for root in roots)


def sensitive_mounts(mounts: Iterable[Mount], roots: Iterable[str]) -> tuple[str, ...]:
    """Every bind of a sensitive path, as 'source:destination:rw|ro'."""
    roots = tuple(roots)
    found = [
        f"{_text(mount.Source)}:{_text(mount.Destination)}:{'ro' if mount.RW is False else 'rw'}"
        for mount in mounts
        if is_bind(mount) and any(is_sensitive(path, roots) for path in sources(mount))
    ]
    return tuple(sorted(set(found)))


def host_tree_mounts(mounts: Iterable[Mount]) -> tuple[str, ...]:
    """Every bind of the host's root, or of its /dev, /proc or /sys or below, as 'source:destination:rw|ro'."""
    found = [
        f"{_text(mount.Source)}:{_text(mount.Destination)}:{'ro' if mount.RW is False else 'rw'}"
        for mount in mounts
        if is_bind(mount) and any(_of_host_tree(path) for path in sources(mount))
    ]
    return tuple(sorted(set(found)))


def _of_host_tree(path: str) -> bool:
    return path == "/" or any(below(path, root) for root in ("/dev", "/proc", "/sys"))


def writable_mounts(mounts: Iterable[Mount]) -> tuple[str, ...]:
    """Volumes (by name) and host paths that may be written, as 'source:destination'."""
    found = [
        f"{_text(mount.Name if is_volume(mount) else mount.Source)}:{_text(mount.Destination)}"
        for mount in mounts
        if mount.RW is not False and (is_bind(mount) or is_volume(mount))
    ]
    return tuple(sorted(set(found)))


def is_volume(mount: Mount) -> bool:
    """Engines before 1.13 give no type: a volume then has a name."""
    typed = not isinstance(mount.Type, UnsetType) and mount.Type != ""
    return mount.Type == "volume" if typed else not is_bind(mount)


def tmpfs_mounts(mounts: Iterable[Mount], places: Iterable[str]) -> tuple[str, ...]:
    """Where file systems in memory are mounted: those of --mount, and the ``places`` of --tmpfs."""
    return tuple(sorted({_text(mount.Destination) for mount in mounts if mount.Type == "tmpfs"} | set(places)))


def engine_sockets(mounts: Iterable[Mount], sockets: Iterable[str]) -> tuple[str, ...]:
    """Every bind of an engine's socket or of a directory that holds one, as 'source:destination'.

    Read-only does not help: a socket is not written as a file.
    """
    sockets = tuple(sockets)
    found = [
        f"{_text(mount.Source)}:{_text(mount.Destination)}"
        for mount in mounts
        if is_bind(mount) and any(_reaches(path, sockets) for path in sources(mount))
    ]
    return tuple(sorted(set(found)))


def _reaches(path: str, sockets: tuple[str, ...]) -> bool:
    if _SOCKET_NAME.fullmatch(posixpath.basename(path)):
        return True
    return any(below(socket, path) for socket in sockets)


def shared_mounts(mounts: Iterable[Mount]) -> tuple[str, ...]:
    """Mounts whose propagation lets mounts travel back to the host, as 'source:destination:propagation'."""
    found = [
        f"{_text(mount.Source)}:{_text(mount.Destination)}:{mount.Propagation}"
        for mount in mounts
        if mount.Propagation in ("shared", "rshared")
    ]
    return tuple(sorted(set(found)))


def leads_anywhere(mounts: Iterable[Mount]) -> bool:
    """Whether the agent did not see where the links of a bind lead."""
    return any(is_bind(mount) and not isinstance(mount.RealSource, str) for mount in mounts)


def hidden(mounts: Iterable[Mount], key: Literal["Source", "Propagation", "RW"]) -> bool:
    """Whether a bind lacks this key, or what stands there cannot be meant."""
    return any(is_bind(mount) and not _meant(mount, key) for mount in mounts)


def _meant(mount: Mount, key: Literal["Source", "Propagation", "RW"]) -> bool:
    if key == "Source":
        return mount.Type == "volume" or (isinstance(mount.Source, str) and mount.Source.startswith("/"))
    return mount.Propagation in _PROPAGATIONS if key == "Propagation" else not isinstance(mount.RW, UnsetType)


def _text(value: str | UnsetType) -> str:
    return "" if isinstance(value, UnsetType) else value
