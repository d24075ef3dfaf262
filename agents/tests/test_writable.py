"""The size of a writable layer."""

import os
from pathlib import Path
from typing import Any

import pytest

from agents.posture_agent.collectors import writable
from agents.posture_agent.hostfiles import HostFiles
from agents.posture_agent.reading import Deadline


@pytest.mark.parametrize(
    ("size", "wanted"),
    [(0, 0), (1, 2**20), (2**20, 2**20), (2**20 + 1, 2**21), (2**21, 2**21), (3 * 2**30, 2**32)],
)
def test_sizes_are_rounded_up(size: int, wanted: int) -> None:
    assert writable.rounded(size) == wanted


def test_hard_links_count_once_and_links_lead_nowhere(tmp_path: Path) -> None:
    layer = tmp_path / "layer"
    (layer / "deep").mkdir(parents=True)
    (layer / "deep" / "a").write_bytes(os.urandom(500_000))
    os.link(layer / "deep" / "a", layer / "b")
    (tmp_path / "outside").write_bytes(os.urandom(500_000))
    (layer / "link").symlink_to(tmp_path / "outside")
    (layer / "folder").symlink_to(tmp_path)
    assert 500_000 <= writable.used(str(layer), Deadline(10)) < 600_000


def layer_of(path: Path, driver: str = "overlay2") -> dict[str, Any]:
    return {"GraphDriver": {"Name": driver, "Data": {"UpperDir": str(path)}}}


def test_what_cannot_be_measured_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizer = writable.Sizer(HostFiles())
    assert sizer.size(layer_of(tmp_path)) == 0
    assert sizer.size(layer_of(tmp_path, "btrfs")) is None
    assert sizer.size(layer_of(tmp_path / "gone")) is None
    assert sizer.size({"GraphDriver": None}) is None
    (tmp_path / "a").touch()
    monkeypatch.setattr(writable, "MAX_ENTRIES", 0)
    assert sizer.size(layer_of(tmp_path)) is None
