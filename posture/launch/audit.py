"""`bin/audit`: this machine read by the agent and judged on the spot; no server, no database, nothing kept.

Exit status: 0 nothing fails at the severity that was asked for, 1 something does or the score is too low, 2 the
command line is wrong, 3 the machine could not be read or judged.
"""

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from posture.launch.environment import agent_environment
from posture.launch.places import CHECKOUT

SEVERITIES = ("critical", "high", "medium", "low", "never")
SCANS = Path("/var/lib/posture-agent/scans")  # of an agent that is installed here
LONGEST = 300  # seconds of collecting
UNREADABLE = 3
# What is said while one waits; the judging command speaks for itself.
READING = {"en": "Reading this machine …", "fr": "Lecture de cette machine…"}
UNREAD = {"en": "✕ This machine could not be read.", "fr": "✕ Cette machine n’a pas pu être lue."}


def parser() -> argparse.ArgumentParser:
    """The command line's shape."""
    top = argparse.ArgumentParser(
        prog="bin/audit",
        description="Reads this machine and its container engines and judges them by one benchmark. Changes nothing.",
        epilog="Exit status: 0 fine, 1 something fails that must not, 2 wrong command line, 3 could not be read.",
    )
    top.add_argument("-H", "--engine", action="append", default=[], metavar="ENDPOINT", help="engine to read")
    top.add_argument("--scans", metavar="DIR", help="results of scanners")
    top.add_argument("--edition", default="posture", help="benchmark edition (default: %(default)s)")
    top.add_argument("--language", choices=("en", "fr"), default=language_of(os.environ.get("LANG", "")))
    top.add_argument("--format", choices=("bench", "json"), default="bench")
    top.add_argument("--fail-on", choices=SEVERITIES, default="high", help="default: %(default)s, and what is worse")
    top.add_argument("--fail-under", type=float, metavar="SCORE", help="fail when the score is lower, 0 to 100")
    top.add_argument("--colour", choices=("auto", "always", "never"), default="auto")
    return top


def language_of(locale: str) -> str:
    """The language of a locale's name."""
    return "fr" if locale.startswith("fr") else "en"


def main(words: list[str]) -> int:
    """Collect, judge, print; returns the exit status."""
    options = parser().parse_args(words)
    if sys.stderr.isatty():
        print(READING[options.language], file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="posture-audit-") as folder:
        snapshot = collect(options, folder)
    if snapshot is None:
        print(UNREAD[options.language], file=sys.stderr)
        return UNREADABLE
    status = judge(options, snapshot)
    return status if status in (0, 1, 2) else UNREADABLE


def collect(options: argparse.Namespace, folder: str) -> bytes | None:
    """What the agent prints; it leaves its state in ``folder`` alone."""
    line = [sys.executable, "-m", "agents.posture_agent", "collect", f"--state={folder}"]
    line += [f"--engine={endpoint}" for endpoint in options.engine]
    scans = options.scans or (str(SCANS) if SCANS.is_dir() else None)
    line += [f"--scans={scans}"] if scans else []
    try:
        done = subprocess.run(  # noqa: S603 - our own agent, no shell
            line, stdout=subprocess.PIPE, env=agent_environment(), cwd=CHECKOUT, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 else None


def judge(options: argparse.Namespace, snapshot: bytes) -> int:
    """The exit status of the judging command, whose listing goes to our own output."""
    line = [sys.executable, "manage.py", "assess", "-", f"--edition={options.edition}"]
    line += [f"--language={options.language}", f"--format={options.format}"]
    line += [f"--fail-on={options.fail_on}"] if options.fail_on != "never" else []
    line += [f"--fail-under={options.fail_under}"] if options.fail_under is not None else []
    line += {"always": ["--force-color"], "never": ["--no-color"], "auto": []}[options.colour]
    environment = {**os.environ, "POSTURE_SECRET_KEY": secrets.token_urlsafe(32), "PYTHONUTF8": "1"}
    done = subprocess.run(  # noqa: S603 - our own command, no shell
        line, input=snapshot, env=environment, cwd=CHECKOUT, check=False
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
