"""What else runs containers on this host: found by the paths that it leaves, neither asked nor run."""

from __future__ import annotations

import os

from ..hostfiles import HostFiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator

# A path that shows a runtime. One that ends with a slash has to be a folder that is not empty.
EVIDENCE = (
    ("LXC", ("/var/lib/lxc/", "/usr/bin/lxc-start")),
    (
        "Incus",
        (
            "/var/lib/incus/unix.socket",
            "/run/incus/unix.socket",
            "/usr/bin/incusd",
            "/usr/libexec/incus/incusd",
            "/opt/incus/bin/incusd",
        ),
    ),
    # Not /usr/sbin/lxd: on Ubuntu that is a stub that would install it.
    ("LXD", ("/var/lib/lxd/unix.socket", "/var/snap/lxd/common/lxd/unix.socket", "/usr/bin/lxd", "/snap/bin/lxd")),
    ("rkt", ("/var/lib/rkt/", "/usr/bin/rkt", "/opt/bin/rkt")),
    ("systemd-nspawn", ("/var/lib/machines/", "/run/systemd/nspawn/")),
    ("CRI-O", ("/run/crio/crio.sock", "/usr/bin/crio", "/usr/local/bin/crio")),
    ("K3s", ("/run/k3s/containerd/containerd.sock", "/usr/local/bin/k3s")),
)
CONTAINERD = "/run/containerd/io.containerd.runtime.v2.task"  # a folder for each namespace that runs something
DOCKERS = ("moby", "plugins.moby")


def collect(files: HostFiles) -> list[dict[str, str]]:
    """OtherRuntimes by name."""
    found = [{"Name": name, "Evidence": path} for name, paths in EVIDENCE for path in first(files, paths)]
    found += [{"Name": "containerd", "Evidence": path} for path in namespaces(files)][:1]
    return sorted(found, key=lambda item: item["Name"].lower())


def first(files: HostFiles, paths: tuple[str, ...]) -> list[str]:
    """The first path that shows something, if any."""
    return [path.rstrip("/") or "/" for path in paths if shows(files, path)][:1]


def shows(files: HostFiles, path: str) -> bool:
    """Whether a path is evidence. A folder that we may not list may well hold something."""
    if not path.endswith("/"):
        return files.exists(path)
    try:
        return any(not name.startswith((".", "lost+found")) for name in files.names(path))
    except PermissionError:
        return True
    except OSError:
        return False


def namespaces(files: HostFiles) -> Iterator[str]:
    """Namespaces of containerd with containers of somebody else than Docker."""
    try:
        names = [name for name in files.names(CONTAINERD) if name not in DOCKERS]
    except OSError:
        names = []
    for name in names:
        path = os.path.join(CONTAINERD, name)
        if shows(files, path + "/"):
            yield path
