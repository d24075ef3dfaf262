"""Linux security modules: which are active, AppArmor's profiles, SELinux's mode."""

from __future__ import annotations

from ..hostfiles import HostFiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SECURITYFS = "/sys/kernel/security"
MAX_PROFILES = 512


def collect(files: HostFiles, in_use: set[str]) -> dict[str, Any]:
    """LSMs, AppArmorProfiles and SELinux of HostFacts; profiles are those of engines and ``in_use``.

    AppArmorProfiles is left out where the kernel has AppArmor but the list may not be read.
    """
    active = modules(files)
    facts: dict[str, Any] = {"LSMs": active, "SELinux": selinux(files)}
    if "apparmor" not in active:
        facts["AppArmorProfiles"] = {}
        return facts
    try:
        facts["AppArmorProfiles"] = profiles(files.text(SECURITYFS + "/apparmor/profiles"), in_use)
    except OSError:
        pass  # only root may read it: the modes stay unknown
    return facts


def modules(files: HostFiles) -> list[str]:
    """Active modules; without securityfs told from the traces each one leaves. Sorted."""
    listed = files.word(SECURITYFS + "/lsm")
    if listed:
        return sorted(listed.split(","))
    traces = {
        "apparmor": files.word("/sys/module/apparmor/parameters/enabled") == "Y",
        "selinux": "selinuxfs" in (files.word("/proc/filesystems") or "").split(),
        "yama": files.exists("/proc/sys/kernel/yama/ptrace_scope"),
    }
    return sorted(name for name, active in traces.items() if active)


def selinux(files: HostFiles) -> str:
    """Mode of SELinux."""
    mode = files.word("/sys/fs/selinux/enforce")
    if mode is None:
        return "disabled"
    return "enforcing" if mode == "1" else "permissive"


def profiles(listing: str, in_use: set[str]) -> dict[str, str]:
    """Mode of each loaded profile that belongs to an engine or is in use: ``docker-default (enforce)``."""
    modes: dict[str, str] = {}
    for line in listing.splitlines():
        name, _, mode = line.rpartition(" ")
        own = name.startswith(("docker", "crio", "containers-", "podman", "lxc", "nerdctl", "cri-containerd"))
        if name and (own or name in in_use) and len(modes) < MAX_PROFILES:
            modes[name[:256]] = mode.strip("()")
    return modes
