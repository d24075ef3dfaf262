"""Custom seccomp profiles, reduced to their default action and how many system calls they allow."""

from __future__ import annotations

import json

from ..hostfiles import HostFiles
from ..reading import MALFORMED, reason_of
from ..sha256 import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_PROFILE = 1024 * 1024


def read(files: HostFiles, path: str) -> dict[str, Any]:
    """SeccompFile of the profile at ``path``."""
    try:
        return dict(reduced(json.loads(files.head(path, MAX_PROFILE))), Path=path[:4096])
    except (OSError, *MALFORMED) as error:
        return {"Path": path[:4096], "Error": reason_of(error)}


def reduced(profile: Any) -> dict[str, Any]:
    """DefaultAction and AllowedSyscalls of a parsed profile (``names`` lists, or ``name`` in older ones)."""
    allowed: set[str] = set()
    for entry in profile.get("syscalls") or []:
        if entry.get("action") == "SCMP_ACT_ALLOW":
            allowed.update(entry.get("names") or [entry["name"]])
    return {"DefaultAction": str(profile["defaultAction"])[:256], "AllowedSyscalls": len(allowed)}


def option(text: str) -> tuple[str, dict[str, Any] | None]:
    """A security option as it may leave the host, and the profile it carries.

    The Docker client sends a profile's whole text: it becomes ``seccomp=inline:<digest>``.
    """
    name, _, value = (text.replace(":", "=", 1) if text.startswith("seccomp:") else text).partition("=")
    if name != "seccomp" or not value.lstrip().startswith("{"):
        return text[:4096], None
    label = "inline:" + sha256(value.encode("utf-8", "replace")).hexdigest()[:16]
    try:
        return "seccomp=" + label, dict(reduced(json.loads(value)), Path=label)
    except MALFORMED as error:
        return "seccomp=" + label, {"Path": label, "Error": reason_of(error)}
