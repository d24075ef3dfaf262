"""`bin/audit`: this machine read by the agent and judged on the spot; no server, no database, nothing kept.

Exit status: 0 nothing fails at the severity that was asked for, 10 something does or the score is too low, 2 the
command line is wrong, 3 the machine could not be read or judged. 1 is what a program ends with that crashes: it is none
of these.
"""

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from agents.posture_agent.endpoints import canonical_endpoint
from agents.posture_agent.failures import Failure
from posture.launch.audit_words import LANGUAGES, language_of, say
from posture.launch.environment import agent_environment
from posture.launch.places import CHECKOUT

SEVERITIES = ("critical", "high", "medium", "low", "never")
SCANS = Path("/var/lib/posture-agent/scans")  # of an agent that is installed here
LONGEST = 300  # seconds of collecting
FINE, USAGE, UNREADABLE, FAILED = 0, 2, 3, 10
INTERRUPTED = 130  # as shells say it


def parser(language: str) -> argparse.ArgumentParser:
    """The command line's shape, explained in a language."""

    def score(text: str) -> float:
        """A score; not a number would be lower than nothing, so that nothing ever failed."""
        try:
            value = float(text)
        except ValueError:
            value = -1
        if not 0 <= value <= 100:
            raise argparse.ArgumentTypeError(say("no_score", language) % text)
        return value

    def endpoint(text: str) -> str:
        """An engine, as the agent takes it."""
        try:
            canonical_endpoint(text)
        except (ValueError, Failure) as error:
            raise argparse.ArgumentTypeError(say("no_engine", language)) from error
        return text

    top = argparse.ArgumentParser(
        prog="bin/audit",
        description=say("description", language),
        epilog=say("statuses", language),
        add_help=False,
        allow_abbrev=False,
    )
    add = top.add_argument_group(say("options", language)).add_argument
    add("-h", "--help", action="help", help=say("help", language))
    add(
        "-H", "--engine", action="append", default=[], metavar="ENDPOINT", type=endpoint, help=say("engine", language)
    )  # fmt: skip
    add("--scans", metavar="DIR", help=say("scans", language))
    add("--edition", default="posture", help=say("edition", language))
    add("--language", choices=LANGUAGES, default=language, help=say("language", language))
    add("--format", choices=("bench", "json"), default="bench", help=say("format", language))
    add("--fail-on", choices=SEVERITIES, default="high", help=say("fail_on", language))
    add("--fail-under", type=score, metavar="SCORE", help=say("fail_under", language))
    add("--colour", choices=("auto", "always", "never"), default="auto", help=say("colour", language))
    return top


def language_wanted(words: list[str]) -> str:
    """The language in which the command line itself is explained: the one that it names, else the locale's."""
    early = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    early.add_argument("--language", default="")
    try:
        named = str(early.parse_known_args(words)[0].language)
    except argparse.ArgumentError:
        named = ""
    return named if named in LANGUAGES else language_of(os.environ)


def main(words: list[str]) -> int:
    """Collect, judge, print; returns the exit status."""
    options = parser(language_wanted(words)).parse_args(words)
    if sys.stderr.isatty():
        print(say("reading", options.language), file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="posture-audit-") as folder:
        snapshot = collect(options, folder)
    if snapshot is None:
        print(say("unread", options.language), file=sys.stderr)
        return UNREADABLE
    status = judge(options, snapshot)
    if status in (FINE, USAGE, FAILED):
        return status
    print(say("unjudged", options.language), file=sys.stderr)
    return UNREADABLE


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
    line += [f"--language={options.language}", f"--format={options.format}", f"--fail-on={options.fail_on}"]
    line += [f"--fail-under={options.fail_under}"] if options.fail_under is not None else []
    line += {"always": ["--force-color"], "never": ["--no-color"], "auto": []}[options.colour]
    environment = {**os.environ, "POSTURE_SECRET_KEY": secrets.token_urlsafe(32), "PYTHONUTF8": "1"}
    done = subprocess.run(  # noqa: S603 - our own command, no shell
        line, input=snapshot, env=environment, cwd=CHECKOUT, check=False
    )
    return done.returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
