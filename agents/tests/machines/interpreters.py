"""Pythons to run the agent with: those of this machine, and those of ARM boards under qemu's user emulation."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from agents.tests.machines import debian
from agents.tests.machines.debian import NotServed, Tree
from posture.tests.requirements import require


@dataclass(frozen=True)
class Processor:
    """A processor: its emulator, its dynamic loader, its folder of libraries, and what uname calls it."""

    emulator: str
    loader: str
    libraries: str
    machine: str


PROCESSORS = {
    "armhf": Processor("qemu-arm-static", "ld-linux-armhf.so.3", "arm-linux-gnueabihf", "armv7l"),
    "arm64": Processor("qemu-aarch64-static", "ld-linux-aarch64.so.1", "aarch64-linux-gnu", "aarch64"),
}


@dataclass(frozen=True)
class Interpreter:
    """A Python. `words` begin its command line; `machine` is what uname says to it, None for this machine's own."""

    words: tuple[str, ...]
    machine: str | None = None

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command, run to its end."""
        return subprocess.run([*self.words, *words], capture_output=True, text=True, timeout=120)

    def output(self, *words: str) -> str:
        """What a command prints; its words on standard error belong to the failure."""
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def on_kernel(self, release: str) -> "Interpreter":
        """The same emulated one; uname says that release to it."""
        assert self.machine is not None
        return Interpreter((self.words[0], "-r", release, *self.words[1:]), self.machine)

    def under(self, *launcher: str) -> "Interpreter":
        """The same one, started by another program."""
        return Interpreter((*launcher, *self.words), self.machine)


def emulated(tree: Tree) -> Interpreter:
    """Python of a tree. Skips, or fails in CI, where this machine cannot have it.

    The tree's own loader is started, so that no path of the host is looked for in the tree: the agent has to see
    the host's files and nothing else.
    """
    processor = PROCESSORS[tree.architecture]
    require(processor.emulator, shutil.which(processor.emulator) is not None)
    require("Debian's packages", debian.available())
    try:
        root = tree.folder()
    except NotServed as error:
        pytest.skip(str(error))  # old suites move to the archive: nothing that a machine of ours could have
    loader = next(path for path in places(root, processor.loader) if path.exists())
    libraries = ":".join(str(path) for path in places(root, processor.libraries))
    python = next(path for path in (root / "usr/bin").iterdir() if re.fullmatch(r"python3\.\d+", path.name))
    words = (processor.emulator, str(loader), "--library-path", libraries, str(python))
    return Interpreter(words, processor.machine)


def places(root: Path, name: str) -> tuple[Path, Path]:
    """Where a library may lie: before and after /lib became a link."""
    return root / "lib" / name, root / "usr/lib" / name


def installed(minor: int) -> Interpreter:
    """Python 3.MINOR of this machine: on the path, or one of those that pyenv keeps. Skips where there is none."""
    program = shutil.which(f"python3.{minor}")
    if program is not None and not subprocess.run([program, "-V"], capture_output=True).returncode:
        return Interpreter((program,))
    if shutil.which("pyenv") is not None:
        done = subprocess.run(["pyenv", "prefix", f"3.{minor}"], capture_output=True, text=True)
        if done.returncode == 0:
            return Interpreter((f"{done.stdout.strip()}/bin/python3",))
    pytest.skip(f"Python 3.{minor} is not installed here")
