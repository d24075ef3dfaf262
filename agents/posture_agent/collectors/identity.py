"""Who and what the host is: names, kernel, operating system, board, processors, memory."""

from __future__ import annotations

from ..hostfiles import HostFiles
from ..sha256 import sha256
from . import osrelease

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MACHINE_ID_PREFIX = b"posture machine id\0"
BOARDS = (
    "/proc/device-tree/model",
    "/sys/firmware/devicetree/base/model",
    "/sys/class/dmi/id/product_name",
)


def collect(files: HostFiles) -> dict[str, Any]:
    """The identity keys of HostFacts."""
    system = files.system()
    release = os_release(files)
    facts = {
        "Architecture": system.machine[:256],
        "Kernel": system.release,
        "OperatingSystem": release.get("PRETTY_NAME"),
        "OsId": release.get("ID"),
        "OsVersion": release.get("VERSION_ID"),
        "Board": board(files),
        "MachineId": machine_id(files),
        "NCPU": files.processors(),
        "MemTotal": meminfo(files).get("MemTotal"),
    }
    return {key: value for key, value in facts.items() if value is not None}


def hostname(files: HostFiles) -> str:
    """The host's name, never empty."""
    return str(files.system().nodename)[:253] or "localhost"


def os_release(files: HostFiles) -> dict[str, str]:
    """Variables of os-release, quotes removed; empty when there is no such file."""
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        try:
            return osrelease.variables(files.text(path))
        except OSError:
            continue
    return {}


def board(files: HostFiles) -> str | None:
    """Model of the board or machine, as device tree or DMI name it."""
    for path in BOARDS:
        model = files.word(path)
        if model:
            return model[:256]
    return None


def machine_id(files: HostFiles) -> str | None:
    """SHA-256 of the machine id under our own prefix: comparable on our server, useless elsewhere."""
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        identifier = files.word(path)
        if identifier:
            return sha256(MACHINE_ID_PREFIX + identifier.encode()).hexdigest()
    return None


def meminfo(files: HostFiles) -> dict[str, int]:
    """Values of /proc/meminfo in bytes; empty when it cannot be read."""
    values = {}
    try:
        lines = files.text("/proc/meminfo").splitlines()
    except OSError:
        return {}
    for line in lines:
        words = line.replace(":", " ").split()
        if len(words) >= 2 and words[1].isdigit():
            values[words[0]] = int(words[1]) * (1024 if words[-1] == "kB" else 1)
    return values
