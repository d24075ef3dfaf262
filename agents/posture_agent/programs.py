"""Other programs that install, status and doctor ask: systemctl, and Python itself. Never loaded by a collection."""

from __future__ import annotations

import os
import subprocess

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional

FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")  # where root's programs are
TIMEOUT = 30.0  # seconds
ENOUGH = "import json, ssl, sys, zlib; sys.exit(sys.version_info < (3, 7))"


def found(name: str) -> Optional[str]:
    """The full path of a program in the system's folders, whatever PATH says; None where there is none."""
    paths = [os.path.join(folder, name) for folder in FOLDERS]
    return next((path for path in paths if os.access(path, os.X_OK)), None)


def runs_agent(python: str) -> bool:
    """Whether a Python is one that the agent runs with; asked, because its name says little."""
    try:
        return not subprocess.run(  # noqa: S603 -- a full path and words of our own
            [python, "-I", "-S", "-B", "-c", ENOUGH],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT,
        ).returncode
    except (OSError, subprocess.SubprocessError):
        return False


def systemd_runs() -> bool:
    """Whether systemd manages this host (as sd_booted(3) tells it)."""
    return os.path.isdir("/run/systemd/system") and found("systemctl") is not None


def systemctl(*arguments: str) -> tuple[int, str]:
    """(status, what it said) of a call of systemctl; status 1 where it cannot be called or does not end."""
    program = found("systemctl")
    if program is None:
        return 1, ""
    try:
        done = subprocess.run(  # noqa: S603 -- a full path and words of our own
            [program, "--no-pager", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT,
            env={"LC_ALL": "C", "PATH": ":".join(FOLDERS)},
        )
    except (OSError, subprocess.SubprocessError) as error:
        return 1, str(error)
    return done.returncode, done.stdout.decode("utf-8", "replace").strip()


def properties(unit: str, names: str) -> dict[str, str]:
    """The properties of a unit that are named with commas between; {} where systemd does not answer."""
    status, text = systemctl("show", unit, "--property=" + names)
    pairs = [line.partition("=") for line in text.splitlines() if "=" in line]
    return {} if status else {name: value for name, _, value in pairs}


def running_file() -> str:
    """The file that this program runs from, a folder where it runs from its sources."""
    return os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
