"""Machines of the tests' own, each with a real sshd: own network, processes, host name and files, gone afterwards.

A machine is this one's file system seen through an overlay in memory: what happens there stays there. It has its own
/etc (accounts, sudoers, host keys, machine id), /home, /var, /run and /tmp, and may lack Python or all but busybox.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

USER = "ops"
START_SECONDS = 20.0
PROGRAMS = ("sshd", "ssh-keygen", "sudo", "ip", "unshare", "nsenter", "pivot_root", "busybox", "setpriv")
# $1: an empty folder; becomes the root of a machine, where $2 … is started as the first process.
ENTER = """
set -eu
root=$1; shift
mount -t tmpfs -o mode=0755 tmpfs "$root"
mkdir "$root/upper" "$root/work" "$root/new"
mount -t overlay -o "lowerdir=/,upperdir=$root/upper,workdir=$root/work" overlay "$root/new"
cd "$root/new"
for folder in tmp run dev var/tmp mnt; do mount -t tmpfs -o mode=1777 tmpfs "$folder"; done
chmod 0755 run dev mnt
for node in null zero full random urandom tty; do : > "dev/$node"; mount --bind "/dev/$node" "dev/$node"; done
mkdir dev/shm run/sshd mnt/upper mnt/old
chmod 1777 dev/shm
mount --bind "$root/upper" mnt/upper
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
"$root.setup" "$root/new"
pivot_root . mnt/old
exec setpriv --reset-env sh -c 'umount -l /mnt/old; rmdir /mnt/old; exec "$@"' sh "$@"
"""
CONFIG = """
Port 22
HostKey /etc/ssh/test_host_key
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
StrictModes yes
UsePAM no
UseDNS no
AuthorizedKeysFile .ssh/authorized_keys
MaxStartups 100
Subsystem sftp internal-sftp
"""


def available() -> bool:
    """Whether this machine can make others: we are root and the programs are here."""
    return os.geteuid() == 0 and all(shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin") for name in PROGRAMS)


class TestNetwork:
    """A bridge with machines on it. Use it as a context manager; the tests' own process has the address ``gateway``."""

    __test__ = False

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="posture-ssh-"))
        self.folder.chmod(0o711)
        self.tag = os.urandom(3).hex()
        self.bridge = f"ps{self.tag}"
        # 198.18.0.0/15 is set aside for tests of networks.
        number = int.from_bytes(os.urandom(2), "big")
        self.prefix = f"198.{18 + number % 2}.{number // 2 % 256}"
        self.gateway = f"{self.prefix}.1"
        self.machines: list[TestMachine] = []

    def __enter__(self) -> Self:
        ip("link", "add", self.bridge, "type", "bridge")
        ip("address", "add", f"{self.gateway}/24", "dev", self.bridge)
        ip("link", "set", self.bridge, "up")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for machine in reversed(self.machines):
            machine.remove()
        subprocess.run(["ip", "link", "delete", self.bridge], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def machine(
        self,
        name: str,
        *,
        behind: TestMachine | None = None,
        sudo: bool = True,
        python: bool = True,
        busybox: bool = False,
        config: str = "",
        binds: Mapping[str, Path] | None = None,
        setup: str = "",
    ) -> TestMachine:
        """Start a machine. ``behind``: it is reached through that one only. ``sudo``: ``USER`` may, without a password.

        ``python``: False takes every Python away. ``busybox``: sessions find busybox's programs only. ``config``: more
        lines of sshd_config, before the others. ``binds``: further files or sockets of this machine, by their path
        there (below /run, /tmp or /mnt). ``setup``: more lines of shell, run in the new root before sshd starts.
        """
        made = TestMachine(self, name, len(self.machines) + 2, behind)
        self.machines.append(made)
        places = dict(binds or {})
        made.start(sudo=sudo, python=python, busybox=busybox, config=config, binds=places, setup=setup)
        return made


class TestMachine:
    """A machine with an sshd on port 22 of ``address``."""

    __test__ = False

    def __init__(self, network: TestNetwork, name: str, number: int, behind: TestMachine | None) -> None:
        self.network = network
        self.name = name
        self.number = number
        self.inner: str = f"10.254.{number}"  # of the machines behind this one
        self.behind = behind
        self.address = f"{behind.inner}.{number}" if behind else f"{network.prefix}.{number}"
        self.port = 22
        self.folder = network.folder / name
        self.namespace = f"ps{network.tag}{number}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(
        self, *, sudo: bool, python: bool, busybox: bool, config: str, binds: Mapping[str, Path], setup: str
    ) -> None:
        """Make the network and the files, start sshd, and wait until it listens."""
        self.folder.mkdir()
        self._connect()
        keygen(self.folder / "host_key")
        (self.folder / "sshd_config").write_text(config + CONFIG + ("SetEnv PATH=/opt/busybox\n" if busybox else ""))
        script = self.folder.with_suffix(".setup")
        script.write_text(self._setup(sudo=sudo, python=python, busybox=busybox, binds=binds) + setup)
        script.chmod(0o755)
        words = [
            "nsenter", f"--net=/run/netns/{self.namespace}",
            "unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--propagation", "private",
            "sh", "-c", ENTER, "sh", str(self.folder),
            "/usr/sbin/sshd", "-D", "-e", "-f", "/etc/ssh/sshd_config",
        ]  # fmt: skip
        with (self.network.folder / f"{self.name}.log").open("wb") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self._wait()

    @property
    def host_key(self) -> str:
        """The public host key as the server keeps it: "ssh-ed25519 AAAA…"."""
        return " ".join((self.folder / "host_key.pub").read_text().split()[:2])

    @property
    def pid(self) -> int:
        """Pid of the machine's first process, as this machine sees it."""
        assert self.process is not None
        pid = self.process.pid
        while children := Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            pid = int(children[0])
            if Path(f"/proc/{pid}/ns/pid").readlink() != Path("/proc/self/ns/pid").readlink():
                break
        return pid

    def authorize(self, public: str, *, user: str = USER) -> None:
        """Let a key in."""
        self.sh(f'cd ~{user} && umask 077 && mkdir -p .ssh && cat >> .ssh/authorized_keys && chown -R {user} .ssh',
                stdin=public.encode() + b"\n")  # fmt: skip

    def change_host_key(self) -> None:
        """Give the machine another host key, as a new installation would."""
        for name in ("host_key", "host_key.pub"):
            (self.folder / name).unlink()
        keygen(self.folder / "host_key")
        starts = self._starts()
        self.sh("cat > /etc/ssh/test_host_key && kill -HUP 1", stdin=(self.folder / "host_key").read_bytes())
        self._wait(beyond=starts)

    def sh(self, script: str, *, stdin: bytes = b"") -> str:
        """Output of a shell script run on the machine as root, without SSH."""
        return self.run(["sh", "-c", script], stdin=stdin).decode()

    def run(self, argv: Sequence[str], *, stdin: bytes = b"") -> bytes:
        """Output of a program run on the machine as root, without SSH."""
        inside = ["nsenter", "-t", str(self.pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd"]
        done = subprocess.run(
            [*inside, *argv],
            input=stdin,
            capture_output=True,
            timeout=60,
            check=False,
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"},
        )
        if done.returncode:
            raise RuntimeError(f"{self.name}: {argv}: {done.stderr.decode(errors='replace')}")
        return done.stdout

    def files(self) -> list[str]:
        """Everything written on this machine since it was made: path, kind, size, time of change, a line each."""
        places = "/mnt/upper /tmp /run /dev/shm /var/tmp"
        return sorted(self.sh(f"find {places} -printf '%p %y %s %T@\\n'").splitlines())

    def log(self) -> str:
        """What sshd said."""
        return (self.network.folder / f"{self.name}.log").read_text(errors="replace")

    def remove(self) -> None:
        """End every process of the machine; its files go with them."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
        subprocess.run(["ip", "netns", "delete", self.namespace], check=False, capture_output=True)

    def _connect(self) -> None:
        ip("netns", "add", self.namespace)
        inside = ("-n", self.namespace)
        ip(*inside, "link", "set", "lo", "up")
        near = f"pv{self.network.tag}{self.number}"
        ip("link", "add", near, "type", "veth", "peer", "name", "eth0", "netns", self.namespace)
        if self.behind is None:
            ip("link", "set", near, "master", self.network.bridge, "up")
        else:
            ip("link", "set", near, "netns", self.behind.namespace)
            ip("-n", self.behind.namespace, "address", "add", f"{self.behind.inner}.1/24", "dev", near)
            ip("-n", self.behind.namespace, "link", "set", near, "up")
        ip(*inside, "address", "add", f"{self.address}/24", "dev", "eth0")
        ip(*inside, "link", "set", "eth0", "up")

    def _setup(self, *, sudo: bool, python: bool, busybox: bool, binds: Mapping[str, Path]) -> str:
        """The script that turns a copy of this machine into another one; $1 is its root."""
        shell = "/opt/busybox/sh" if busybox else "/bin/sh"
        lines = [
            "#!/bin/sh", "set -eu", 'cd "$1"',
            f"hostname {self.name}", f"echo {self.name} > etc/hostname",
            f"echo 127.0.0.1 localhost {self.name} > etc/hosts",
            f"echo {os.urandom(16).hex()} > etc/machine-id",
            f"cp {self.folder}.files/* etc/ssh/", "chmod 0600 etc/ssh/test_host_key",
            f"echo '{USER}:x:1500:1500::/home/{USER}:{shell}' >> etc/passwd",
            f"echo '{USER}:x:1500:' >> etc/group",
            f"echo '{USER}:*:19000:0:99999:7:::' >> etc/shadow",
            "grep -q ^sshd: etc/passwd || echo 'sshd:x:1501:65534::/run/sshd:/usr/sbin/nologin' >> etc/passwd",
            f"mkdir -p home/{USER} root", f"chown 1500:1500 home/{USER}", f"chmod 0755 home/{USER}",
            "rm -rf root/.ssh etc/sudoers.d", "mkdir -m 0750 etc/sudoers.d", "chmod 0700 root",
            "echo 'root ALL=(ALL:ALL) ALL' > etc/sudoers", "echo '@includedir /etc/sudoers.d' >> etc/sudoers",
            "chmod 0440 etc/sudoers",
        ]  # fmt: skip
        path = "/opt/busybox" if busybox else "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        lines.append(f"echo 'Defaults secure_path=\"{path}\"' >> etc/sudoers")
        if sudo:
            lines += [
                f"echo '{USER} ALL=(root) NOPASSWD: ALL' > etc/sudoers.d/{USER}",
                f"chmod 0440 etc/sudoers.d/{USER}",
            ]
        if not python:
            lines.append("rm -f usr/bin/python* usr/local/bin/python* usr/local/bin/pypy*")
        if busybox:
            lines += [
                "mkdir -p opt/busybox", "cp bin/busybox opt/busybox/",
                "for applet in $(bin/busybox --list | grep -v busybox); do ln -sf busybox opt/busybox/$applet; done",
                "ln -s /usr/bin/sudo opt/busybox/sudo", f"sed -i 's|^\\(root:.*\\):[^:]*$|\\1:{shell}|' etc/passwd",
            ]  # fmt: skip
        for place, source in binds.items():
            here = place.lstrip("/")
            make = f"mkdir -p {here}" if source.is_dir() else f"mkdir -p $(dirname {here}); : > {here}"
            lines.append(f"{make}; mount --bind {source} {here}")
        self._lay_files()
        return "\n".join(lines) + "\n"

    def _lay_files(self) -> None:
        place = self.network.folder / f"{self.name}.files"
        place.mkdir(mode=0o700)
        shutil.copy(self.folder / "host_key", place / "test_host_key")
        shutil.copy(self.folder / "sshd_config", place / "sshd_config")

    def _wait(self, beyond: int = 0) -> None:
        """Wait until sshd listens, asked from within its own network; after so many starts that its log told before."""
        assert self.process is not None
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            if self._starts() > beyond and self._listens():
                return
            time.sleep(0.05)
        raise RuntimeError(f"sshd of {self.name} does not start:\n{self.log()[-2000:]}")

    def _starts(self) -> int:
        return self.log().count("Server listening")

    def _listens(self) -> bool:
        if self.behind is not None:
            return "Server listening" in self.log()
        try:
            with socket.create_connection((self.address, self.port), timeout=1) as probe:
                return probe.recv(4) == b"SSH-"
        except OSError:
            return False


def ip(*words: str) -> None:
    """Run ``ip``."""
    done = subprocess.run(["ip", *words], check=False, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr.decode(errors='replace')}")


def keygen(path: Path) -> None:
    """A new ed25519 key pair without a passphrase."""
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)]
    subprocess.run(words, check=True, capture_output=True)
