"""What an ordinary user's engine may do to a collection as root: nothing but to show itself."""

import os
import re
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from agents.posture_agent import endpoints, engines
from agents.posture_agent.collection import Options, collect
from agents.posture_agent.collectors.contents import Finder
from agents.posture_agent.collectors.writable import Sizer
from agents.posture_agent.engine_api import EngineClient, EngineError
from agents.posture_agent.hostfiles import HostFiles
from agents.posture_agent.owners import Owners
from agents.posture_agent.reading import Deadline, Share, Unreadable
from agents.tests.conftest import Write
from agents.tests.recorded_engine import ENGINES, RecordedEngine

USER, GIVEN, OTHER = 4242, 200_000, 4343
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away; the tests of CI run as root")


def image(folder: Path, identifier: str = "sha256:one") -> dict[str, Any]:
    return {"Id": identifier, "GraphDriver": {"Name": "overlay2", "Data": {"UpperDir": str(folder)}}}


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """A layer with a setuid program two folders deep."""
    folder = tmp_path / "layer"
    (folder / "usr/bin").mkdir(parents=True)
    program = folder / "usr/bin/su"
    program.write_text("x")
    program.chmod(0o4755)
    return folder


def give(folder: Path, uid: int) -> None:
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, uid, uid)
    (folder / "usr/bin/su").chmod(0o4755)


def owners(tmp_path: Path, write: Write) -> Owners:
    write("/etc/passwd", f"mara:x:{USER}:{USER}::/home/mara:/bin/sh\n")
    write("/etc/subuid", f"mara:{GIVEN}:65536\nsomebody:{OTHER}:1\nbroken\nmara:x:y\n")
    return Owners(HostFiles(str(tmp_path)), USER)


def test_what_a_user_says_of_an_image_counts_for_that_user(tmp_path: Path, layer: Path) -> None:
    (tmp_path / "empty").mkdir()
    finder = Finder(HostFiles(), {}, 60.0)
    finder.serve(USER, None)
    assert finder.find(None, image(tmp_path / "empty"))["SetuidFiles"] == []
    finder.save()
    later = Finder(HostFiles(), finder.cache, 60.0)
    assert later.find(None, image(layer))["SetuidFiles"][0]["Path"] == "/usr/bin/su"
    later.serve(USER, None)
    assert later.find(None, image(layer))["SetuidFiles"] == []  # it is told that user's own tale


@as_root
def test_a_users_engine_leads_to_the_users_files_only(tmp_path: Path, layer: Path, write: Write) -> None:
    known = owners(tmp_path, write)
    for uid, found in ((0, False), (OTHER, False), (USER, True), (GIVEN + 33, True)):
        give(layer, uid)
        finder, sizer = Finder(HostFiles(), None, 60.0), Sizer(HostFiles())
        finder.find(None, image(layer))  # as root's engine: everything
        finder.serve(USER, known)
        sizer.owners = known
        assert bool(finder.find(None, image(layer)).get("SetuidFiles")) is found
        assert (sizer.size(image(layer)) is not None) is found


@as_root
def test_a_link_among_the_users_files_leads_nowhere(tmp_path: Path, layer: Path, write: Write) -> None:
    known = owners(tmp_path, write)
    own = tmp_path / "own"
    own.mkdir()
    (own / "link").symlink_to(layer)
    os.chown(own, USER, USER)
    finder = Finder(HostFiles(), None, 60.0)
    finder.serve(USER, known)
    assert finder.find(None, image(own))["SetuidFiles"] == []
    assert finder.find(None, image(own / "link", "sha256:two")) == {}
    assert finder.find(None, image(own / "link" / "usr", "sha256:three")) == {}  # root's, however it is reached


def test_a_socket_of_somebody_else_is_not_spoken_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "OF_USER", re.compile(rf"unix://{tmp_path}/([0-9]+)/"))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "private.sock"))
        listening.listen()
        for uid, text in ((os.getuid() + 1, "another user's"), (os.getuid(), "in time")):
            folder = tmp_path / str(uid)
            folder.mkdir()
            (folder / "docker.sock").symlink_to(tmp_path / "private.sock")
            with pytest.raises(EngineError, match=text):
                EngineClient(f"unix://{folder}/docker.sock", timeout=0.2).version()


def test_a_share_ends_with_its_whole() -> None:
    whole = Deadline(60)
    share = Share(30, whole)
    assert 29 < share.left() < 30
    share.reading = True
    assert whole.reading  # who guards the whole may stop the reader
    whole.expire("over")
    with pytest.raises(Unreadable, match="over"):
        share.check()
    assert Share(0.0, Deadline(60)).left() == 0.0


class Slow(RecordedEngine):
    """An engine whose every answer takes its time."""

    def info(self) -> Any:
        time.sleep(0.3)
        return super().info()

    def close(self) -> None:
        """There is no connection."""


def test_users_engines_take_no_time_from_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "USERS_SECONDS", 0.6)
    options = Options(
        [f"unix:///run/user/{uid}/docker.sock" for uid in range(5001, 5006)], b"k" * 32, None, "/nonexistent"
    )
    options.client = lambda _endpoint: Slow(next(iter(ENGINES)))
    started = time.monotonic()
    found = collect(options).facts
    assert time.monotonic() - started < 5 * 0.3 + 5
    states = {one["Name"]: one.get("Reason", one["Status"]) for one in found["Sources"]}
    parts = [state for name, state in states.items() if name.endswith(".containers")]
    assert len(parts) == 5
    assert "timed_out" in parts
    assert "timed_out" not in {state for name, state in states.items() if name.startswith("host.")}
