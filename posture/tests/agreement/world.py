"""A world of our own: mount, network and process namespaces in which /etc, /run and the system's units are copies.

Files and groups can be as wrong as a stage wants them, other engines are not seen, and all processes end with the
world; the machine itself stays as it is.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

COPIED = ("/etc", "/usr/lib/systemd/system")
LAYERED = ("/usr/local/lib",)  # large, and only little is added
APART = ("--mount", "--propagation", "private", "--net")
PROCESSES_APART = ("--pid", "--fork", "--kill-child", "--mount-proc")
INSIDE = "POSTURE_AGREEMENT_WORLD"


def enter(words: Sequence[str], folder: Path, *, audited: bool) -> subprocess.Popen[str]:
    """Start ``python -m WORDS`` inside a new world; its standard output is a pipe.

    ``audited``: the kernel talks about audit rules only to processes of the machine's first process namespace, so the
    world then has none of its own.
    """
    return subprocess.Popen(
        ["unshare", *APART, *(() if audited else PROCESSES_APART), sys.executable, "-m", *words],
        env={**os.environ, INSIDE: str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )


def build() -> Path:
    """Make this process's world, once it has been entered: copies mounted in place. Gives the folder of the stage."""
    folder = Path(os.environ[INSIDE])
    call("ip", "link", "set", "lo", "up")
    for place in COPIED:
        copy = folder / place.strip("/").replace("/", "-")
        shutil.copytree(place, copy, symlinks=True, ignore_dangling_symlinks=True)
        keep_owners(Path(place), copy)
        call("mount", "--bind", str(copy), place)
    for place in LAYERED:
        upper, work = (folder / f"{part}{place.replace('/', '-')}" for part in ("upper", "work"))
        upper.mkdir()
        work.mkdir()
        layers = f"lowerdir={place},upperdir={upper},workdir={work}"
        call("mount", "-t", "overlay", "-o", layers, "overlay", place)
    call("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    return folder


def keep_owners(source: Path, copy: Path) -> None:
    """copytree keeps modes and times; owners are ours to bring over."""
    for path in (source, *source.rglob("*")):
        status = path.lstat()
        target = copy / path.relative_to(source)
        if target.is_symlink() or target.exists():
            os.chown(target, status.st_uid, status.st_gid, follow_symlinks=False)


def call(*words: str, stdin: str | None = None) -> str:
    """Output of a program; RuntimeError with its words when it fails."""
    done = subprocess.run(words, input=stdin, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
