"""Namespaces that a container shares with the host or with another container."""

from posture.facts.observed import seen
from posture.facts.snapshot import ContainerHostConfig
from posture.facts.values import Unseen

_SHARED = ("host", "pod")  # Podman calls that of its pod so
_OF_OTHERS = ("container:", "ns:")


def shared_namespaces(host: ContainerHostConfig) -> tuple[str, ...] | Unseen:
    """As 'pid=host', 'ipc=container:db'."""
    modes = {"ipc": seen(host.IpcMode), "pid": seen(host.PidMode), "uts": seen(host.UTSMode)}
    unseen = next((mode for mode in modes.values() if isinstance(mode, Unseen)), None)
    if unseen is not None:
        return unseen
    return tuple(f"{name}={mode}" for name, mode in modes.items() if isinstance(mode, str) and is_shared(mode))


def is_shared(mode: str) -> bool:
    """Whether a mode is another's namespace; empty, private, shareable and none are its own."""
    return mode in _SHARED or mode.startswith(_OF_OTHERS)
