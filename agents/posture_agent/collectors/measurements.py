"""Volatile readings of the host: they ride on check-ins and are no facts."""

from __future__ import annotations

import os

from ..clock import moment
from ..hostfiles import HostFiles
from .identity import meminfo

LATEST = 253402300799  # the last second of the year 9999
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def collect(files: HostFiles, data_root: str | None) -> dict[str, Any]:
    """Measurements; a reading that cannot be taken is left out."""
    readings: dict[str, Any] = {}
    available = meminfo(files).get("MemAvailable")
    if available is not None:
        readings["MemAvailable"] = available
    if data_root is not None:
        try:
            space = os.statvfs(files.path(data_root))
            readings["DataRootFree"] = space.f_bavail * space.f_frsize
            readings["DataRootSize"] = space.f_blocks * space.f_frsize
        except OSError:
            pass  # not ours to read; the data root is a fact of its own
    load = (files.word("/proc/loadavg") or "").split()
    if load:
        readings["LoadAverage"] = float(load[0])
    return readings


def boot_time(files: HostFiles) -> str | None:
    """The moment the kernel started, to the second."""
    try:
        lines = files.text("/proc/stat").splitlines()
    except OSError:
        return None
    stamps = [line.split()[1] for line in lines if line.startswith("btime ")]
    try:
        seconds = int(stamps[0])
    except (IndexError, ValueError):
        return None
    # A clock that was set back behind the start makes the kernel print an endless number.
    return moment(seconds) if 0 <= seconds <= LATEST else None
