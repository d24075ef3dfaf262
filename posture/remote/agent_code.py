"""The built agent file: its modules as one text, and loaded into this process (a worker's, never the web server's)."""

import importlib
import sys
import zipfile
from threading import Lock
from typing import Any

from django.conf import settings

from posture.remote.importer import Importer, install

PACKAGE = "posture_agent"
TEXT = "modules.txt"
_loaded: dict[str, int] = {}
_lock = Lock()  # visits are threads


def agent_text() -> bytes:
    """All modules of the agent, each after a line with its name."""
    with zipfile.ZipFile(settings.AGENT_FILE) as archive:
        return archive.read(TEXT)


def agent_module(name: str) -> Any:
    """A module of the agent ("visit", "reading"), of the file as it is today."""
    stamp = settings.AGENT_FILE.stat().st_mtime_ns
    with _lock:
        if _loaded.get(str(settings.AGENT_FILE)) != stamp:
            forget()
            install(agent_text())  # type: ignore[no-untyped-call]  # travels to old Pythons as it is
            _loaded[str(settings.AGENT_FILE)] = stamp
        return importlib.import_module(f"{PACKAGE}.{name}")


def forget() -> None:
    """Modules of an older file are loaded no more."""
    _loaded.clear()
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, Importer)]
    for known in [known for known in sys.modules if known.partition(".")[0] == PACKAGE]:
        del sys.modules[known]
