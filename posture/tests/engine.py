"""A real dockerd of the tests' own: private data root, bridge and socket; gone without a trace afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Self

BUSYBOX = Path("/bin/busybox")
IMAGE = "posture-test:1"
APPLETS = ("sh", "sleep", "cat", "ls", "echo", "true", "nc", "id", "httpd", "chmod", "mkdir", "rm", "touch")
START_SECONDS = 60.0
STOP_SECONDS = 30.0


def available() -> bool:
    """Whether this machine can start an engine: its programs are here and we are root."""
    programs = ("dockerd", "docker", "containerd", "runc", "ip", "setpriv")
    return os.geteuid() == 0 and BUSYBOX.exists() and all(shutil.which(name) for name in programs)


def busybox_archive() -> bytes:
    """A tar with the root file system of the tests' image."""
    archive = BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(BUSYBOX, "bin/busybox")
        for applet in APPLETS:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
        for name, content in (
            ("etc/passwd", "root:x:0:0::/:/bin/sh\nweb:x:1000:1000::/:/bin/sh\n"),
            ("tmp/.keep", ""),
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, BytesIO(content.encode()))
    return archive.getvalue()


class TestEngine:
    """A running dockerd. Use it as a context manager; several may run at once.

    ``options``: further words for dockerd. ``config``: text of a daemon.json.
    ``namespace``: run it in a network namespace of its own, so that published ports, wildcard ones too, stay inside.
    ``socket``: one that its configuration names; its command line then names none.
    """

    __test__ = False  # a tool of tests, not a test

    def __init__(
        self,
        options: Sequence[str] = (),
        config: str | None = None,
        *,
        namespace: bool = False,
        socket: Path | None = None,
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="posture-engine-"))
        # An engine that remaps users must be able to pass.
        self.folder.chmod(0o711)
        self.hosts_configured = socket is not None
        self.socket = socket or self.folder / "docker.sock"
        self.endpoint = f"unix://{self.socket}"
        self.options = list(options)
        if config is not None:
            (self.folder / "daemon.json").write_text(config)
            self.options += ["--config-file", str(self.folder / "daemon.json")]
        self.bridge = f"pt{os.getpid() % 100000}x{os.urandom(2).hex()}"
        self.namespace = f"ns{self.bridge}" if namespace else None
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
            self.import_image()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    @property
    def pid(self) -> int:
        """Pid of the daemon."""
        assert self.process is not None
        return self.process.pid

    @property
    def data_root(self) -> Path:
        """The daemon's data root."""
        return self.folder / "data"

    def command(self) -> list[str]:
        """The daemon's command line; a test runner that is killed takes its daemon with it."""
        # nsenter, not `ip netns exec`: mounts must keep propagating between the daemon and the host.
        inside = ["nsenter", f"--net=/run/netns/{self.namespace}"] if self.namespace else []
        return [
            *inside, "setpriv", "--pdeathsig", "TERM", "dockerd",
            "--data-root", str(self.data_root), "--exec-root", str(self.folder / "exec"),
            "--pidfile", str(self.folder / "docker.pid"), "--bridge", self.bridge,
            *(() if self.hosts_configured else ("-H", self.endpoint)), *self.options,
        ]  # fmt: skip

    def start(self) -> None:
        """Start the daemon on a bridge of its own and wait until it answers."""
        self._make_bridge()
        log = (self.folder / "log").open("ab")
        with log:
            # A session of its own: a Ctrl-C at the test runner must not end the daemon before its containers.
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, start_new_session=True)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            if self.socket.exists() and self._docker(["version"], check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError("dockerd does not start:\n" + (self.folder / "log").read_text(errors="replace")[-2000:])

    def import_image(self) -> None:
        """Make IMAGE from busybox."""
        self._docker(["import", "-", IMAGE], data=busybox_archive())

    def docker(self, *arguments: str) -> str:
        """Output of ``docker ARGUMENTS``, stripped; fails with the client's words."""
        return self._docker(list(arguments)).stdout.decode().strip()

    def run(self, name: str, *options: str, image: str = IMAGE, command: Sequence[str] = ("sleep", "3600")) -> str:
        """``docker run -d``; returns the container's id."""
        return self.docker("run", "-d", "--name", name, *options, image, *command)

    def create(self, name: str, *options: str, image: str = IMAGE, command: Sequence[str] = ("sleep", "3600")) -> str:
        """``docker create``; returns the container's id."""
        return self.docker("create", "--name", name, *options, image, *command)

    def build(self, tag: str, dockerfile: str, files: Mapping[str, str | bytes] | None = None) -> str:
        """``docker build`` with the classic builder from a Dockerfile's text; returns the image's id.

        ``files``: the context; bytes are a program, which may be run.
        """
        with tempfile.TemporaryDirectory(prefix="posture-build-") as folder:
            Path(folder, "Dockerfile").write_text(dockerfile)
            for name, content in (files or {}).items():
                place = Path(folder, name)
                place.write_bytes(content if isinstance(content, bytes) else content.encode())
                place.chmod(0o755 if isinstance(content, bytes) else 0o644)
            self._docker(
                ["build", "--quiet", "--network", "none", "-t", tag, folder], environment={"DOCKER_BUILDKIT": "0"}
            )
        return self.docker("image", "inspect", "--format", "{{.Id}}", tag)

    def remove_containers(self) -> None:
        """Remove every container of this engine."""
        names = self.docker("ps", "-aq").split()
        if names:
            self.docker("rm", "-f", "-v", *names)

    def remove(self) -> None:
        """Remove containers, stop the daemon by its pid, and remove bridge and files."""
        if self.process is not None and self.process.poll() is None:
            names = self._docker(["ps", "-aq"], check=False).stdout.decode().split()
            if names:
                self._docker(["rm", "-f", "-v", *names], check=False)
            self._docker(["network", "prune", "-f"], check=False)  # their bridges would outlive the daemon
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(STOP_SECONDS)
        if self.namespace:
            subprocess.run(["ip", "netns", "delete", self.namespace], check=False, capture_output=True)
        else:
            subprocess.run(["ip", "link", "delete", self.bridge], check=False, capture_output=True)
        self._unmount()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make_bridge(self) -> None:
        number = int.from_bytes(os.urandom(2), "big")
        address = f"10.{200 + number % 50}.{number // 256}.1/24"
        if self.namespace:
            self._ip("netns", "add", self.namespace)
        inside = ("-n", self.namespace) if self.namespace else ()
        self._ip(*inside, "link", "set", "lo", "up")
        self._ip(*inside, "link", "add", self.bridge, "type", "bridge")
        self._ip(*inside, "address", "add", address, "dev", self.bridge)
        self._ip(*inside, "link", "set", self.bridge, "up")

    @staticmethod
    def _ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True)

    def _unmount(self) -> None:
        """dockerd leaves its network namespaces and shared memory mounted when it is killed."""
        points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        for point in reversed([point for point in points if point.startswith(f"{self.folder}/")]):
            subprocess.run(["umount", "-l", point], check=False, capture_output=True)

    def _docker(
        self,
        arguments: list[str],
        *,
        check: bool = True,
        data: bytes | None = None,
        environment: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run(
            ["docker", "-H", self.endpoint, *arguments],
            input=data,
            capture_output=True,
            timeout=120,
            check=False,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **(environment or {})},
        )
        if check and done.returncode:
            raise RuntimeError(f"docker {' '.join(arguments)}: {done.stderr.decode(errors='replace')}")
        return done
