"""Debian's Python for another processor: packages that apt fetches and verifies, unpacked without being installed.

A tree is made once a machine and kept beside the other things that tests keep (see `kept_folder`).
"""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
PACKAGES = ("python3-minimal", "libpython3-stdlib")  # what they depend on comes with them: libc, OpenSSL, zlib …
USELESS = ("usr/share/doc", "usr/share/locale", "usr/share/man")
SETTINGS = """
Dir::State "{folder}";
Dir::State::status "{folder}/status";
Dir::State::lists "{folder}/lists";
Dir::Cache "{folder}";
Dir::Cache::archives "{folder}/archives";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Debug::NoLocking "true";
"""


class NotServed(Exception):
    """Debian's mirror does not have this suite (any more)."""


@dataclass(frozen=True)
class Tree:
    """Python of one suite for one processor, both by Debian's names."""

    suite: str
    architecture: str

    def folder(self) -> Path:
        """The root of the unpacked packages, made where it is not there yet. NotServed where it cannot be had."""
        kept = kept_folder()
        folder = kept / f"python-{self.suite}-{self.architecture}"
        with alone(folder):
            if not folder.exists():
                begun = time.monotonic()
                self.make(folder, kept)
                print(f"{folder.name} made in {time.monotonic() - begun:.1f} s")
        return folder

    def make(self, folder: Path, kept: Path) -> None:
        """Fetch, verify and unpack; the folder appears when it is whole."""
        work = Path(tempfile.mkdtemp(prefix="python-", dir=kept))
        try:
            root = work / "root"
            root.mkdir(mode=0o755)
            for package in self.packages(work / "apt"):
                subprocess.run(["dpkg-deb", "--extract", package, root], check=True)
            for name in USELESS:
                shutil.rmtree(root / name, ignore_errors=True)
            root.rename(folder)
        finally:
            shutil.rmtree(work)

    def packages(self, folder: Path) -> list[Path]:
        """The verified packages, fetched into `folder`; apt works as if on a machine where nothing is installed."""
        for name in ("lists/partial", "archives/partial"):
            (folder / name).mkdir(parents=True)
        (folder / "status").touch()
        (folder / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror()} {self.suite} main\n")
        (folder / "apt.conf").write_text(SETTINGS.format(folder=folder, architecture=self.architecture))
        environment = {**os.environ, "APT_CONFIG": str(folder / "apt.conf"), "LC_ALL": "C"}
        update = subprocess.run(
            ["apt-get", "update", "-qq", "--error-on=any"], env=environment, capture_output=True, text=True
        )
        if "does not have a Release file" in update.stderr or "404" in update.stderr:
            raise NotServed(f"the mirror has no {self.suite}")
        if update.returncode:
            raise RuntimeError(update.stderr)
        subprocess.run(
            ["apt-get", "install", "-qq", "--yes", "--download-only", *PACKAGES],
            env=environment, check=True, capture_output=True,
        )  # fmt: skip
        return sorted((folder / "archives").glob("*.deb"))


def kept_folder() -> Path:
    """A folder on a real disk, kept between runs; of our own and for nobody else to write, for we run what is in it."""
    folder = Path(os.environ.get("POSTURE_TEST_DISK", tempfile.gettempdir())) / "posture-debian"
    folder.mkdir(mode=0o755, exist_ok=True)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise RuntimeError(f"{folder} is not ours alone: remove it")
    return folder


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Two runs of the tests do not make the same tree at once."""
    with folder.with_name(folder.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def mirror() -> str:
    """The Debian mirror that this machine itself installs from; empty where it has none."""
    done = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)"], capture_output=True, text=True)
    found = re.search(r"^\S+/debian/?$", done.stdout, re.MULTILINE)
    return found.group() if found else ""


def available() -> bool:
    """Whether this machine can fetch, verify and unpack Debian's packages."""
    programs = ("apt-get", "dpkg-deb")
    return KEYRING.exists() and all(shutil.which(name) for name in programs) and bool(mirror())
