"""Whether an engine can bound what a container writes over its image (--storage-opt size=)."""

from posture.facts.engine import EngineState
from posture.facts.observed import NOT_COLLECTED, seen
from posture.facts.values import Unseen

# Sources: the drivers' own documentation pages; moby daemon/graphdriver/{btrfs,devmapper,windows,zfs,vfs,overlay2}.
_ALWAYS = frozenset(("btrfs", "devicemapper", "windowsfilter", "zfs"))
_ON_XFS = frozenset(("overlay", "overlay2", "vfs"))  # with the mount option pquota, which no engine prints
_BACKING = "backing filesystem"


def storage_quota(state: EngineState) -> bool | Unseen:
    """True where every container may have a quota, False where none can; on XFS it depends on a mount option."""
    driver = seen(state.info.Driver, state.no_info)
    if isinstance(driver, Unseen):
        return driver
    if driver in _ALWAYS:
        return True
    if driver not in _ON_XFS:
        return False  # aufs, and containerd's snapshotters
    backing = _backing(state)
    return NOT_COLLECTED if backing in ("", "xfs") else False


def _backing(state: EngineState) -> str:
    """The file system below the storage driver as the engine prints it, or ""."""
    status = state.info.DriverStatus
    rows = status if isinstance(status, list) else []
    return next((row[1].lower() for row in rows if len(row) > 1 and row[0].lower() == _BACKING), "")
