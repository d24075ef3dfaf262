"""What ``--help`` prints. Loaded only when somebody asks."""

from __future__ import annotations

from .failures import OK
from .log import show
from .options import COMMANDS, FLAG, OPTIONS, SHORT, options_of
from .words import say

COMMAND_WORDS = {
    "collect": "print one snapshot; needs no server",
    "enrol": "let this host into a server",
    "move": "follow the server to another address",
    "forget": "look no longer for an engine that was removed",
    "prove": "prove to a server over SSH which installation this is",
    "send": "collect once and deliver",
    "run": "collect and deliver for ever",
    "install": "put the agent, its settings and its timer in their places",
    "uninstall": "remove what install and the agent made",
    "status": "say how the agent is doing",
    "doctor": "look for what is wrong, and say what to do",
}
OPTION_WORDS = {
    "again": "replace an enrolment that exists",
    "ca": "file of the certificate authorities to trust, PEM (default: the system's)",
    "ca-sha256": "SHA-256 of the server's own certificate authority",
    "config": "settings file (default: /etc/posture-agent.conf for root)",
    "dry-run": "say what would be done and do nothing",
    "due": "do nothing unless a collection or a delivery is due",
    "engine": "engine to read: unix:///PATH, tcp://HOST:PORT or https://HOST:PORT; may come several times",
    "engine-certs": "folder with ca.pem, cert.pem and key.pem for engines behind TCP, which then speak TLS",
    "enrol": "let this host into the server at this address too, and send the first snapshot",
    "every": "with --due: seconds from one call to the next (default: 60)",
    "help": "print this",
    "interval": "seconds between collections, 10 to 86400 (default: as the server says)",
    "json": "print JSON",
    "keep-state": "keep the state directory, the enrolment with it",
    "key": "enrolment key; - reads it from standard input (default: $POSTURE_ENROLMENT_KEY)",
    "language": "language of messages: en or fr (default: the environment's)",
    "offline": "leave the network out",
    "once": "one cycle, like send",
    "prefix": "folder above bin/ (default: /usr/local)",
    "proxy": "HTTP proxy on the way to the server: http://[USER:PASSWORD@]HOST:PORT",
    "root": "work below this folder as if it were /, for images; starts nothing",
    "scans": "where scanners leave their results (default: scans in the state directory)",
    "spool-bytes": "what may wait on the disk at most, in bytes (default: 67108864)",
    "spool-entries": "how many collections may wait on the disk at most (default: 4096)",
    "state": "where the agent keeps its state (default: /var/lib/posture-agent for root)",
    "wait": "begin after a random time of at most so many seconds",
}
PLACEHOLDERS = {
    "ca": "FILE",
    "ca-sha256": "HEX",
    "config": "FILE",
    "engine": "ENDPOINT",
    "engine-certs": "DIR",
    "enrol": "URL",
    "every": "SECONDS",
    "interval": "SECONDS",
    "key": "KEY",
    "language": "LANGUAGE",
    "prefix": "DIR",
    "proxy": "URL",
    "root": "DIR",
    "scans": "DIR",
    "spool-bytes": "BYTES",
    "spool-entries": "NUMBER",
    "state": "DIR",
    "wait": "SECONDS",
}


def show_help(command: str) -> int:
    """Print the help of a command, or of the program where ``command`` is empty."""
    for line in command_help(command) if command else program_help():
        show(line)
    return OK


def program_help() -> list[str]:
    """What the program is and its commands."""
    lines = [
        say("usage: posture-agent COMMAND [OPTION]…"),
        "",
        say("Gathers facts about this host and its container engines and brings them to a Posture server."),
        say("It judges nothing and changes nothing on the host."),
        "",
        say("Commands:"),
    ]
    lines += aligned([(name, say(COMMAND_WORDS[name])) for name in COMMANDS])
    return [*lines, "", say("posture-agent COMMAND --help says what a command takes. --version prints the version.")]


def command_help(command: str) -> list[str]:
    """What a command does and takes."""
    operands = COMMANDS[command][0].upper().split()
    lines = [
        " ".join([say("usage: posture-agent"), command, *operands, say("[OPTION]…")]),
        "",
        say(COMMAND_WORDS[command]),
        "",
        say("Options:"),
    ]
    return lines + aligned([(flags(name), say(OPTION_WORDS[name])) for name in options_of(command)])


def flags(name: str) -> str:
    """An option as it is typed."""
    short = [letter for letter in SHORT if SHORT[letter] == name]
    typed = ", ".join([*short, "--" + name])
    return typed if OPTIONS[name] is FLAG else "%s %s" % (typed, say(PLACEHOLDERS[name]))


def aligned(rows: list[tuple[str, str]]) -> list[str]:
    """Rows of two columns."""
    width = max(len(left) for left, _ in rows)
    return ["  %-*s  %s" % (width, left, right) for left, right in rows]
