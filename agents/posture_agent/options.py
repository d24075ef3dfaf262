"""The command line as tables; argparse would cost more memory and time than all of them. Words are in ``usage``."""

from __future__ import annotations

from .failures import UsageError
from .words import LANGUAGES, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

FLAG, MANY = "flag", "many"  # no value; may be given several times


class Given:
    """What was asked for: ``command``, and an attribute for each of the command's options and operands.

    An option that was not given is None, a flag False, one that may come several times an empty list.
    ``typed`` has the texts of the options of the command line that a settings file may hold too.
    ``--help`` without a command leaves ``command`` empty; ``--version`` stands for the command "version".
    """

    command: str
    help: bool
    typed: dict[str, list[str]]

    def __init__(self, command: str, values: dict[str, Any]) -> None:
        self.command = command
        self.typed = {}
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Any:  # only for mypy: every attribute is set above
        raise AttributeError(name)


def seconds(text: str) -> int:
    """An interval within the protocol's bounds."""
    if not text.isdigit() or not 10 <= int(text) <= 86400:
        raise UsageError(say("an interval is a number of seconds from 10 to 86400"))
    return int(text)


def language(text: str) -> str:
    """A language that the agent speaks."""
    if text not in LANGUAGES:
        raise UsageError(say("the agent speaks %s", ", ".join(LANGUAGES)))
    return text


def pause(text: str) -> int:
    """Seconds to wait at most."""
    if not text.isdigit() or int(text) > 600:
        raise UsageError(say("a pause is a number of seconds up to 600"))
    return int(text)


def amount(text: str) -> int:
    """A number of entries or bytes."""
    if not text.isdigit() or not 0 < int(text) < 2**50:
        raise UsageError(say("a limit is a whole number above zero"))
    return int(text)


# What an option takes: FLAG, MANY texts, or the function that reads its value.
OPTIONS: dict[str, Any] = {
    "again": FLAG,
    "ca": str,
    "ca-sha256": str,
    "config": str,
    "dry-run": FLAG,
    "due": FLAG,
    "every": seconds,
    "engine": MANY,
    "engine-certs": str,
    "enrol": str,
    "help": FLAG,
    "interval": seconds,
    "json": FLAG,
    "keep-state": FLAG,
    "key": str,
    "language": language,
    "offline": FLAG,
    "once": FLAG,
    "prefix": str,
    "proxy": str,
    "root": str,
    "scans": str,
    "spool-bytes": amount,
    "spool-entries": amount,
    "state": str,
    "wait": pause,
}
SHORT = {"-H": "engine", "-h": "help"}
EVERYWHERE = "config help language state"
READING = "engine engine-certs interval scans"
NETWORK = "ca proxy"
SPOOL = "spool-bytes spool-entries"
# Operands and options of each command; its code is commands/NAME.py.
COMMANDS = {
    "collect": ("", READING),
    "enrol": ("url", "again ca-sha256 key " + NETWORK),
    "move": ("url", "ca-sha256 " + NETWORK),
    "forget": ("endpoint", ""),
    "prove": ("nonce", ""),
    "send": ("", "due every wait %s %s %s" % (READING, NETWORK, SPOOL)),
    "run": ("", "once %s %s %s" % (READING, NETWORK, SPOOL)),
    "install": ("", "again ca-sha256 dry-run enrol key prefix root %s %s %s" % (READING, NETWORK, SPOOL)),
    "uninstall": ("", "dry-run keep-state prefix root"),
    "status": ("", "json " + READING),
    "doctor": ("", "offline %s %s" % (READING, NETWORK)),
}
# What the settings file may hold: options with a value that hold for a host.
SETTINGS = (
    *("ca", "engine", "engine-certs", "interval", "language", "proxy", "scans", "spool-bytes", "spool-entries"),
    "state",
)


def options_of(command: str) -> list[str]:
    """Names of a command's options, sorted."""
    return sorted((EVERYWHERE + " " + COMMANDS[command][1]).split())


def parse(arguments: list[str]) -> Given:
    """Read a command line. ``--help`` anywhere wins over what is missing. Raises UsageError."""
    if not arguments:
        raise UsageError(say("a command is needed"))
    command = arguments[0]
    if command in ("-h", "--help", "help"):
        return Given("", {"help": True})
    if command == "--version":
        return Given("version", {"help": False})
    if command not in COMMANDS:
        raise UsageError(say("there is no command %s", command))
    operands = COMMANDS[command][0].split()
    given = Given(command, {attribute(name): initial(OPTIONS[name]) for name in options_of(command)})
    found = consume(given, arguments[1:])
    if not given.help:
        if len(found) > len(operands):
            raise UsageError(say("%s takes no %s", command, found[len(operands)]))
        if len(found) < len(operands):
            raise UsageError(say("%s needs %s", command, operands[len(found)].upper()))
    for name, text in zip(operands, found):  # noqa: B905 -- strict is not in Python 3.7; --help may leave some out
        setattr(given, name, text)
    return given


def consume(given: Given, words: list[str]) -> list[str]:
    """Put the options among ``words`` into ``given``; returns the operands."""
    operands: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            return operands + rest
        if not word.startswith("-") or word == "-":
            operands.append(word)
            continue
        name, equals, value = word.partition("=")
        name = SHORT.get(name, name[2:] if name.startswith("--") else "")
        if name not in options_of(given.command):
            raise UsageError(say("%s has no option %s", given.command, word.partition("=")[0]))
        if OPTIONS[name] is FLAG:
            if equals:
                raise UsageError(say("--%s takes no value", name))
            setattr(given, attribute(name), True)
            continue
        if not equals:
            if not rest:
                raise UsageError(say("--%s needs a value", name))
            value = rest.pop(0)
        store(given, name, value)
        if name in SETTINGS:
            given.typed.setdefault(name, []).append(value)
    return operands


def store(given: Given, name: str, text: str) -> None:
    """Put one option's text into ``given``, read as the option wants it. Raises UsageError."""
    reader = OPTIONS[name]
    if not text:
        raise UsageError(say("--%s needs a value", name))
    if reader is MANY:
        getattr(given, attribute(name)).append(text)
    else:
        setattr(given, attribute(name), reader(text))


def initial(kind: Any) -> Any:
    """The value of an option that was not given."""
    return False if kind is FLAG else [] if kind is MANY else None


def attribute(name: str) -> str:
    """The attribute of ``Given`` for an option."""
    return name.replace("-", "_")


def peek(arguments: list[str], name: str) -> Optional[str]:
    """The value of an option before the command line is read as a whole; None where it is not given."""
    for place, word in enumerate(arguments):
        if word == "--" + name:
            return arguments[place + 1] if place + 1 < len(arguments) else None
        if word.startswith("--%s=" % name):
            return word.partition("=")[2]
    return None
