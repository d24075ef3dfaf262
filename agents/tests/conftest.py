"""A made-up host: a folder that stands for the root of its file system."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agents.posture_agent.hostfiles import HostFiles

Write = Callable[[str, str], None]


@pytest.fixture
def host(tmp_path: Path) -> HostFiles:
    """An empty host."""
    return HostFiles(str(tmp_path))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of the made-up host."""

    def writer(path: str, text: str) -> None:
        target = tmp_path / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    return writer
