"""Namespaces that a container shares with the host or with another container."""

import re

from msgspec import UnsetType

from posture.facts.observed import FAILED, NOT_COLLECTED
from posture.facts.values import Unseen
from posture.facts.wire.container import ContainerHostConfig

_SHARED = ("host", "pod")  # Podman calls that of its pod so
_OF_OTHERS = ("container:", "ns:")
_MODES = re.compile(r"|host|private|shareable|none|pod|nomap|(container|ns):.+|(keep-id|auto)(:.*)?", re.DOTALL)


def shared_namespaces(host: ContainerHostConfig) -> tuple[str, ...] | Unseen:
    """As 'pid=host', 'ipc=container:db'."""
    asked = {"ipc": host.IpcMode, "pid": host.PidMode, "uts": host.UTSMode}
    modes = {name: namespace_mode(mode) for name, mode in asked.items()}
    unseen = next((mode for mode in modes.values() if isinstance(mode, Unseen)), None)
    if unseen is not None:
        return unseen
    return tuple(f"{name}={mode}" for name, mode in modes.items() if isinstance(mode, str) and is_shared(mode))


def is_shared(mode: str) -> bool:
    """Whether a mode is another's namespace; empty, private, shareable and none are its own."""
    return mode in _SHARED or mode.startswith(_OF_OTHERS)


def namespace_mode(mode: str | UnsetType) -> str | Unseen:
    """How the engine was told; a mode that no engine has is no reading."""
    if isinstance(mode, UnsetType):
        return NOT_COLLECTED
    return mode if _MODES.fullmatch(mode) else FAILED
