"""What an account on a machine may do: run commands at all, and as root through sudo."""

import shlex

from posture.remote.exchange import Finished
from posture.remote.problems import RemoteTrouble

# What it prints does not stand in it: an account that only repeats what it was told runs nothing.
PROOF, PROVEN = ["printf", "it %s\\n", "runs"], b"it runs"
SUDO = ("sudo", "-n", "--")
NOT_FOUND = 127  # status of a shell that knows no such program
# How sudo refuses one command of many, in its own words; its warnings begin with "sudo:" as well.
REFUSALS = ("password is required", "not allowed to execute", "not in the sudoers", "may not run sudo")
NO_TERMINAL = "must have a tty"


def proof(*, sudo: bool) -> str:
    """A command line that proves that commands run, and with status 0 that sudo does what it is told."""
    lines = [shlex.join(PROOF), *([shlex.join([*SUDO, "true"])] if sudo else [])]
    return "; ".join(lines)


def judge_proof(done: Finished) -> None:
    """Raises RemoteTrouble with what to change where ``proof`` failed."""
    if PROVEN not in done.stdout:
        raise RemoteTrouble("no_commands", (done.stdout + b"\n" + done.stderr).decode(errors="replace"))
    if done.status:
        raise refusal(done)


def judge_command(done: Finished) -> None:
    """Raises RemoteTrouble where it was sudo that did not want this very command."""
    words = done.stderr.decode(errors="replace")
    if done.status == 1 and not done.stdout and any(one in words for one in (*REFUSALS, NO_TERMINAL)):
        raise refusal(done)


def refusal(done: Finished) -> RemoteTrouble:
    """Why sudo did not do it."""
    words = done.stderr.decode(errors="replace")
    if done.status == NOT_FOUND or "not found" in words:
        return RemoteTrouble("no_sudo", words)
    return RemoteTrouble("sudo_terminal" if NO_TERMINAL in words else "sudo_refused", words)
