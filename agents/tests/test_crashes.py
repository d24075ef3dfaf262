"""Real processes and real files: killed at any moment, on a full disk, over a network that fails."""

import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.posture_agent import failures
from agents.posture_agent import server as server_module
from agents.posture_agent.collection import Collected
from agents.posture_agent.state import State
from agents.tests.protocol_server import ProtocolServer
from agents.tests.recorded_engine import ENGINES, RecordedEngine
from agents.tests.sending import World, patience_over, send, waiting
from agents.tests.served_engine import served
from agents.tests.worker import work
from posture.tests.requirements import require

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
KILLS = 12


@pytest.fixture
def found_file(found: Collected, tmp_path: Path) -> str:
    """What is found, for other processes."""
    path = tmp_path / "found.json"
    parts = {"facts": found.facts, "volatile": found.volatile, "measurements": found.measurements}
    path.write_text(json.dumps(parts))
    return str(path)


@pytest.fixture
def quick_disk() -> Iterator[Path]:
    """A folder in memory: a killed process needs no flushing to be survived."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def test_killed_at_any_moment_nothing_is_lost(
    state: State, server: ProtocolServer, found_file: str, quick_disk: Path
) -> None:
    chance = random.Random(20261122)  # noqa: S311 -- moments of killing
    folder = quick_disk / "state"
    shutil.copytree(state.folder, folder)
    log = quick_disk / "log"
    words = [sys.executable, "-m", "agents.tests.worker", str(folder), found_file, str(log)]
    for _ in range(KILLS):
        server.failing = [(503, {}, {}), (500, {}, {})] * chance.randrange(4)
        process = subprocess.Popen(words, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
        began = log.stat().st_size if log.exists() else 0
        end = time.monotonic() + 20
        while (log.stat().st_size if log.exists() else 0) == began and time.monotonic() < end:
            time.sleep(0.005)
        time.sleep(chance.random() * 0.08)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
    server.failing = []
    copy = State(str(folder))
    patience_over(copy)
    work(str(folder), found_file, str(log), 3)
    said = dict(line.split() for line in log.read_text().splitlines() if line.count(" ") == 1)
    (told,) = server.told.values()
    assert waiting(copy) == []
    assert told.last == copy.position().read()["sequence"] > KILLS
    assert told.gaps == set()
    for number, digest in said.items():
        assert told.digests.get(int(number), digest) == digest
    dropped = {number for first, last in told.dropped for number in range(first, last + 1)}
    assert set(told.digests) | dropped == set(range(1, told.last + 1))
    changed = {number for number in told.digests if told.digests[number] != told.digests.get(number - 1)}
    assert changed <= set(told.facts) | dropped | {number + 1 for number in dropped}


def on_a_disk_of_its_own(module: str, folder: Path, *words: str) -> Any:
    """What a module of these tests prints, which mounts a small disk in a folder."""
    require("root, for a disk of its own", os.geteuid() == 0 and shutil.which("unshare") is not None)
    disk = folder / "disk"
    disk.mkdir()
    apart = ["unshare", "--mount", "--propagation", "private", sys.executable, "-m", "agents.tests." + module]
    done = subprocess.run(
        [*apart, str(disk), *words],
        cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_full_disk(server: ProtocolServer, found_file: str, tmp_path: Path) -> None:
    result = on_a_disk_of_its_own("brim", tmp_path, server.url, found_file)
    assert result["half"] == []
    kinds = [kind for _, _, kind in result["left"]]
    assert "dropped" in kinds  # bodies gave way
    (told,) = server.told.values()
    assert told.last == int(result["last"]) == 25
    assert told.gaps == set()  # each number found room
    assert {number for first, last in told.dropped for number in range(first, last + 1)} >= {
        number for first, last, kind in result["left"] if kind == "dropped" for number in range(first, last + 1)
    }


def test_a_rotten_disk(server: ProtocolServer, found_file: str, tmp_path: Path) -> None:
    """One file of the spool, and one of the two of the position, are beyond repair: the rest goes on."""
    require("debugfs", shutil.which("debugfs") is not None)
    if not Path("/dev/loop-control").exists():
        pytest.skip("this kernel has no loop devices")  # which nobody can install
    result = on_a_disk_of_its_own("rotten", tmp_path, server.url, found_file)
    assert result == {"lost": result["lost"], "left": True, "said": 6}
    (told,) = server.told.values()
    assert (told.last, told.gaps) == (9, {result["lost"]})


def test_what_is_new_on_a_full_disk_stops_nothing(server: ProtocolServer, tmp_path: Path) -> None:
    with served(tmp_path, RecordedEngine(next(name for name in ENGINES if name.startswith("docker-2")))) as (_, place):
        result = on_a_disk_of_its_own("brim_engine", tmp_path, server.url, place)
    assert result["statuses"] == [failures.OK] * 4
    assert result["contact"]["outcome"].startswith("sequence 4 ")  # a full disk has room for the last contact
    assert result["due"] > 200  # and for when the next collection is due
    assert result["found"] == ["unix:///run/docker.sock", "unix:///run/podman/podman.sock"]
    (told,) = server.told.values()
    assert (told.last, told.gaps) == (4, set())


class BadNetwork(threading.Thread):
    """A relay on loopback in front of a server, which fails in one way or another."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.target = port
        self.way = "good"
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self) -> None:
        """One connection after another."""
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client:
                self.serve(client)

    def serve(self, client: socket.socket) -> None:
        """Fail as it was told."""
        if self.way == "closed":
            return
        if self.way == "reset":
            client.recv(100)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        client.settimeout(5)
        with socket.create_connection(("127.0.0.1", self.target), timeout=5) as server:
            try:
                server.sendall(message(client))
                answer = message(server)
                if self.way == "lost answer":
                    return
                if self.way == "drip":
                    for place in range(len(answer)):
                        client.sendall(answer[place : place + 1])
                        time.sleep(0.05)
                client.sendall(answer if self.way == "good" else answer[: len(answer) // 2])
            except OSError:
                return


def message(client: socket.socket) -> bytes:
    """One whole request or answer."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += client.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    (length,) = (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    while len(body) < length:
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def network(server: ProtocolServer) -> Iterator[BadNetwork]:
    """A network in front of the server."""
    made = BadNetwork(int(server.server_address[1]))
    yield made
    made.listener.close()


@pytest.mark.parametrize("way", ["closed", "reset", "lost answer", "drip", "cut"])
def test_a_network_that_fails(
    way: str, state: State, server: ProtocolServer, network: BadNetwork, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "TIMEOUT", 0.6)
    state.change_enrolment(dict(state.enrolment(), url=f"http://127.0.0.1:{network.port}"))
    assert send(state) == failures.OK
    network.way = way
    for _ in range(2):
        world.change()
        patience_over(state)
        assert send(state) == failures.UNREACHABLE
    network.way = "good"
    patience_over(state)
    assert send(state) == failures.OK
    (told,) = server.told.values()
    assert waiting(state) == []
    assert (told.gaps, told.dropped, sorted(told.digests)) == (set(), [], [1, 2, 3, 4])
    assert set(told.facts) >= {1, 2, 3}
