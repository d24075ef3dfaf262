"""The real `bin/up`, from its first start to its second."""

import json
import os
import re
import signal
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from posture.launch.descendants import descendants_of
from posture.launch.places import CHECKOUT
from posture.launch.port import free_port
from posture.launch.tests.test_no_orphans import require_all_ended

pytestmark = pytest.mark.slow

BOX = re.compile(r"Posture is up:\s+(\S+)")


@dataclass
class Running:
    """A `bin/up` that stands: its process, its address, the seconds it took, its output so far."""

    process: subprocess.Popen[bytes]
    url: str
    seconds: float
    log: Path

    @property
    def text(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def wait_for(self, words: str, *, limit: float = 60) -> None:
        end = time.monotonic() + limit
        while words not in self.text:
            assert time.monotonic() < end, self.text
            assert self.process.poll() is None, self.text
            time.sleep(0.1)


@contextmanager
def up(folder: Path, *words: str) -> Iterator[Running]:
    """Start `bin/up` with its data in the folder, and end it as Ctrl-C does: no process may be left."""
    begun = time.monotonic()
    log = folder / "log"
    # The tests' own stores are not the product's.
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("POSTURE_", "DATABASE", "REDIS"))
    }
    command = [str(CHECKOUT / "bin" / "up"), "--var", str(folder / "var"), *words]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment, start_new_session=True)
    try:
        while not (found := BOX.search(log.read_text(encoding="utf-8"))):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < begun + 240, log.read_text(encoding="utf-8")
            time.sleep(0.1)
        yield Running(process, found[1], time.monotonic() - begun, log)
    finally:
        everybody = [process.pid, *descendants_of(process.pid)]
        process.send_signal(signal.SIGINT)
        status = process.wait(timeout=40)
        require_all_ended(everybody, within=1)
        assert status == 0, log.read_text(encoding="utf-8")


def get(url: str, authority: Path | None = None) -> tuple[int, str]:
    """Status and text of a page."""
    context = ssl.create_default_context(cafile=str(authority)) if authority else None
    with urllib.request.urlopen(url, timeout=10, context=context) as answer:  # noqa: S310 - our own address
        return answer.status, answer.read().decode()


def test_first_start_second_start_and_listen(tmp_path: Path) -> None:
    port = str(free_port())
    with up(tmp_path, "--port", port) as first:
        assert first.url == f"http://127.0.0.1:{port}"
        assert "password" in first.text.lower(), "the first start shows the administrator's password"
        status, page = get(first.url)
        assert status == 200
        assert "<html" in page
        first.wait_for("sequence 1 ")
        assert "✓ This machine's agent" in first.text
        refuse_a_second(tmp_path, first)
        identity = enrolment(tmp_path)

    with up(tmp_path, "--port", port) as second:
        assert second.seconds < 10, second.text
        assert "data kept" in second.text
        assert "password" not in second.text.lower()
        assert get(second.url)[0] == 200
        assert (
            manage(tmp_path, "shell", "-c", "from posture.fleet.models import Host; print(Host.objects.count())") == "1"
        )

    with up(tmp_path, "--listen", f"127.0.0.1:{port}") as third:
        assert third.url == f"https://127.0.0.1:{port}"
        assert get(third.url, tmp_path / "var" / "server" / "tls" / "ca.pem")[0] == 200
        third.wait_for("sequence ")
        moved = dict.fromkeys(("url", "ca", "sha256"))  # the checksum is of the others
        assert {**enrolment(tmp_path), **moved} == {**identity, **moved}, "the same host"


def refuse_a_second(folder: Path, running: Running) -> None:
    """A second `bin/up` on the same data says who runs, and where."""
    command = [str(CHECKOUT / "bin" / "up"), "--var", str(folder / "var"), "--port", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "already runs here" in done.stdout
    assert running.url in done.stdout


def enrolment(folder: Path) -> dict[str, object]:
    text = (folder / "var" / "agent-state" / "enrolment.json").read_text(encoding="utf-8")
    kept: dict[str, object] = json.loads(text)
    return kept


def manage(folder: Path, *words: str) -> str:
    """The last line of a management command's output."""
    environment = {**os.environ, "POSTURE_VAR": str(folder / "var")}
    command = [str(CHECKOUT / "bin" / "manage"), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]
