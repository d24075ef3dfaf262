"""Whether a container's writable layer can be bounded, by storage driver and the file system below it."""

import msgspec
import pytest

from posture.facts.normalise import normalise
from posture.facts.tests.builders import snapshot
from posture.facts.tests.defaults import info
from posture.facts.values import Reason, Unseen, Value
from posture.facts.wire.engine import EngineInfo


def quota(**keys: object) -> Value:
    """The context's StorageQuota of an engine whose /info has these keys."""
    told = msgspec.convert({**info(), **keys}, EngineInfo)
    return normalise(snapshot(Info=told)).context["docker"]["engine.StorageQuota"]


@pytest.mark.parametrize(
    ("driver", "backing", "wanted"),
    [
        ("overlay2", "extfs", False),
        ("overlay2", "btrfs", False),
        ("vfs", "extfs", False),
        ("aufs", "xfs", False),
        ("overlayfs", "xfs", False),  # a snapshotter of containerd
        ("btrfs", "", True),
        ("zfs", "", True),
        ("devicemapper", "extfs", True),
    ],
)
def test_driver_and_file_system_decide(driver: str, backing: str, wanted: bool) -> None:
    rows = [["Supports d_type", "true"], ["Backing Filesystem", backing]]
    assert quota(Driver=driver, DriverStatus=rows) is wanted


def test_on_xfs_a_mount_option_decides_that_no_engine_prints() -> None:
    for driver in ("overlay2", "overlay", "vfs"):
        assert quota(Driver=driver, DriverStatus=[["Backing Filesystem", "xfs"]]) == Unseen(Reason.NOT_COLLECTED)


def test_an_engine_that_does_not_say_what_lies_below() -> None:
    assert quota(Driver="overlay2", DriverStatus=None) == Unseen(Reason.NOT_COLLECTED)
    assert quota(Driver="overlay2", DriverStatus=[["odd"]]) == Unseen(Reason.NOT_COLLECTED)
