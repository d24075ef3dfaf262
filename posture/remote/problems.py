"""What can go wrong on the way to a machine: a closed list, each with a title and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DETAIL_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Problem:
    """``title``: what is wrong, a short sentence. ``advice``: what a person does about it."""

    title: Promise
    advice: Promise


PROBLEMS: Mapping[str, Problem] = {
    "name_unknown": Problem(
        _("The address is not known"),
        _("Correct the host name, or give an IP address. The name has to resolve on the server that runs the worker."),
    ),
    "unreachable": Problem(
        _("The machine cannot be reached"),
        _("Is it switched on, and does its firewall let this server through to the port? Or does it need a jump host?"),
    ),
    "refused": Problem(
        _("Nothing listens on this port"),
        _("Start the SSH server (or the engine’s TLS port), or correct the port."),
    ),
    "timed_out": Problem(
        _("The machine did not answer in time"),
        _("Look at its load and at the network between, then try again. What had begun was ended."),
    ),
    "connection_lost": Problem(
        _("The connection broke off"),
        _("Try again. If it happens every time, look into the SSH server’s log on the machine."),
    ),
    "not_ssh": Problem(
        _("What answers on this port is no SSH server"),
        _("Correct the address or the port."),
    ),
    "no_common_algorithm": Problem(
        _("The SSH server offers only algorithms that are not safe any more"),
        _("Update the SSH server of the machine: OpenSSH 6.5 or newer is enough."),
    ),
    "host_key_unknown": Problem(
        _("The host key has not been approved yet"),
        _(
            "Compare the fingerprint with what the machine itself says"
            " (ls /etc/ssh/ssh_host_*_key.pub | xargs -n1 ssh-keygen -lf) and approve it."
        ),
    ),
    "host_key_changed": Problem(
        _("The host key is not the one that was approved"),
        _(
            "Either the machine was installed anew, or somebody stands between. Nothing was sent. Find out which, and"
            " approve the new key only if you know why it changed."
        ),
    ),
    "auth_failed": Problem(
        _("The machine does not accept this user with this key"),
        _("Add the public key to ~/.ssh/authorized_keys of that user (file mode 0600), or correct user and key."),
    ),
    "no_key": Problem(
        _("No SSH key is chosen"),
        _("Choose one of the server’s SSH keys for this host."),
    ),
    "key_unreadable": Problem(
        _("The kept key cannot be opened"),
        _("POSTURE_ENCRYPTION_KEY was changed: give back the older key as well, or put the SSH key in anew."),
    ),
    "forwarding_refused": Problem(
        _("The jump host does not pass connections on"),
        _("Allow it on the jump host (AllowTcpForwarding yes in sshd_config), or choose another one."),
    ),
    "jump_loop": Problem(
        _("The jump hosts lead in a circle"),
        _("Choose other jump hosts: the chain has to begin at a machine that this server reaches by itself."),
    ),
    "jump_chain": Problem(
        _("There are more than three jump hosts in a row"),
        _("Choose a shorter way."),
    ),
    "sudo_refused": Problem(
        _("sudo refuses this user, or wants a password"),
        _(
            "Allow every command without a password (single ones are not enough): “USER ALL=(root) NOPASSWD: ALL” in a"
            " file below /etc/sudoers.d."
        ),
    ),
    "sudo_terminal": Problem(
        _("sudo wants a terminal"),
        _("Write “Defaults:USER !requiretty” into a file below /etc/sudoers.d: commands of this server have none."),
    ),
    "no_sudo": Problem(
        _("There is no sudo on this machine"),
        _("Install sudo and allow it to the user without a password, or come as root."),
    ),
    "no_commands": Problem(
        _("This account runs no commands"),
        _(
            "Give it a login shell (/bin/sh, not nologin), and take away what answers instead of it: ForceCommand in"
            " sshd_config, or command= before the key in authorized_keys."
        ),
    ),
    "sessions_refused": Problem(
        _("The SSH server opens no session for commands"),
        _("Raise MaxSessions in its sshd_config (10 is the default), then reload it."),
    ),
    "no_python": Problem(
        _("There is no Python on this machine"),
        _("Install python3. Without it the engine and some files are read all the same; the agent cannot run."),
    ),
    "old_python": Problem(
        _("The Python of this machine is older than 3.7"),
        _("Install Python 3.7 or newer. Without it the engine and some files are read all the same."),
    ),
    "no_engine": Problem(
        _("No container engine was found"),
        _("Is Docker or Podman installed, and does its socket lie in the usual place?"),
    ),
    "engine_unreadable": Problem(
        _("The engine cannot be read"),
        _("Let the user read the engine’s socket, allow sudo, or start the engine."),
    ),
    "tls_refused": Problem(
        _("The TLS connection was refused"),
        _(
            "The engine’s certificate has to be of the given authority and name this address; the engine has to accept"
            " our certificate."
        ),
    ),
    "output_too_large": Problem(
        _("The machine sent more than it may"),
        _("Look at what the machine answers; more than 32 MiB is not taken."),
    ),
    "agent_failed": Problem(
        _("The collection on the machine failed"),
        _("The machine’s own words are below; try again, and tell us if it stays."),
    ),
    "command_failed": Problem(
        _("A command on the machine failed"),
        _("The machine’s own words are below. Put right what they name, then try again."),
    ),
    "report_refused": Problem(
        _("What the machine reported was refused"),
        _("The reason is below. A host of which two machines report is named on its page."),
    ),
    "other_source": Problem(
        _("Another source reports this host"),
        _(
            "One at a time. To collect from here instead, tick “Collect regularly” in the form of this machine: the"
            " other source ends, the host keeps its history."
        ),
    ),
    "known_machine": Problem(
        _("This machine is reported as another host"),
        _(
            "The host is named below; one source at a time. Retire that host or the one of this machine. If this way is"
            " new it belongs to that host now: tick “Collect regularly” to use it instead of the other source."
        ),
    ),
    "retired": Problem(
        _("This host is retired"),
        _("Retired hosts are not visited. Take the host back on its page, or delete this way to it."),
    ),
    "root_needed": Problem(
        _("This user may not install anything"),
        _("Tick “use sudo”, or roll out as root."),
    ),
    "disk_full": Problem(
        _("There is no room on the disk"),
        _("Make at least one megabyte of room at the place named below, then try again."),
    ),
    "fingerprint_differs": Problem(
        _("The host key is not the one that the list expects"),
        _("Either the fingerprint in the list is wrong, or somebody stands between. Nothing was sent. Find out which."),
    ),
    "enrolled_elsewhere": Problem(
        _("The agent there belongs to another server"),
        _("Uninstall it there first (sudo posture-agent uninstall), if that server no longer needs it."),
    ),
    "unproven": Problem(
        _("The agent there does not prove that it is the installation it names"),
        _(
            "Its state may be another machine’s, or an old copy. Uninstall it there (sudo posture-agent uninstall) and"
            " try again: it comes in as a host of its own. If nobody can explain it, find out who claims to be another."
        ),
    ),
    "read_only": Problem(
        _("The places of the agent are read-only on this machine"),
        _("Make the places named below writable for root, or let this server read the machine without an agent."),
    ),
    "not_started": Problem(
        _("Nothing on this machine starts the agent"),
        _(
            "Start its cron daemon, or install one; with systemd, look at “systemctl status posture-agent.timer”. Then"
            " try again."
        ),
    ),
    "agent_state": Problem(
        _("The agent cannot keep its state on the machine"),
        _("Look at /var/lib/posture-agent: is it writable, and does no other agent work there?"),
    ),
    "server_unreachable": Problem(
        _("The machine cannot reach this server"),
        _(
            "Open the way from the machine to this server’s address and port, and look at its DNS and its clock:"
            " agents call, the server never does."
        ),
    ),
    "enrolment_refused": Problem(
        _("The enrolment was refused"),
        _("The agent’s words are below. Try again; if it stays, uninstall the agent there first."),
    ),
    "not_heard": Problem(
        _("The agent is installed, but nothing was received from it"),
        _("Run “sudo posture-agent doctor” on the machine: it says what is wrong."),
    ),
    "cancelled": Problem(
        _("Cancelled before it began"),
        _("Nothing was changed on this host. Try again when you like."),
    ),
    "died": Problem(
        _("The worker ended in the middle"),
        _("Nothing to do: it is tried again. If it happens often, look at the memory of the worker."),
    ),
    "internal": Problem(
        _("Something is wrong in Posture itself"),
        _("Look into the log of the worker, and tell us."),
    ),
}


class RemoteTrouble(Exception):
    """A visit that cannot go on.

    ``problem``: a word of PROBLEMS. ``detail``: the machine's own words, cleaned and cut.
    """

    def __init__(self, problem: str, detail: str = "") -> None:
        if problem not in PROBLEMS:
            raise ValueError(problem)
        self.problem = problem
        self.detail = clean(detail)
        super().__init__(f"{problem}: {self.detail}" if self.detail else problem)


class HostKeyUnknown(RemoteTrouble):
    """No key is approved for this machine. ``fingerprint``: of the one it offered, "SHA256:…"."""

    def __init__(self, fingerprint: str, detail: str = "") -> None:
        super().__init__("host_key_unknown", detail or fingerprint)
        self.fingerprint = fingerprint


class HostKeyChanged(RemoteTrouble):
    """The machine offers another key than the approved one. Fingerprints: offered and approved, "SHA256:…"."""

    def __init__(self, fingerprint: str, approved: str, detail: str = "") -> None:
        super().__init__("host_key_changed", detail or f"{fingerprint}, approved: {approved}")
        self.fingerprint = fingerprint
        self.approved = approved


def clean(text: str) -> str:
    """Words of a machine without control characters, at most DETAIL_LENGTH characters."""
    kept = "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)
    return kept.strip()[:DETAIL_LENGTH]
