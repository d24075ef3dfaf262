"""The settings file: ``name = value`` a line, named like the options of the command line, which go before it.

``engine`` may come several times. Empty lines and lines that begin with # say nothing. Each value is looked at here, so
that a wrong one is named with its line.
"""

from __future__ import annotations

import os

from .failures import UsageError
from .loading import loaded
from .options import MANY, OPTIONS, SETTINGS, Given, attribute, store
from .reasons import words_of
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping, Optional

MAX_BYTES = 65536


def default_path(environment: Mapping[str, str], uid: int) -> str:
    """The settings file: the system's for root, the user's own otherwise."""
    if uid == 0:
        return "/etc/posture-agent.conf"
    base = environment.get("XDG_CONFIG_HOME") or os.path.join(environment.get("HOME", "/"), ".config")
    return os.path.join(base, "posture-agent.conf")


def load(path: str, needed: bool) -> dict[str, list[str]]:
    """The texts of each setting; {} where the file does not exist and is not ``needed``. Raises UsageError."""
    try:
        with open(path, "rb") as file:
            return read(path, file.read(MAX_BYTES).decode("utf-8", "replace"))
    except FileNotFoundError:
        if not needed:
            return {}
        raise UsageError(say("there is no settings file %s", path)) from None
    except OSError as error:
        raise UsageError(say("cannot read %s: %s", path, words_of(error))) from None


def read(path: str, text: str) -> dict[str, list[str]]:
    """The texts of each setting in the file's text. Raises UsageError with file and line."""
    found: dict[str, list[str]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name = name_of(line)
        if name is None:
            continue
        value = line.partition("=")[2].strip()
        if name not in SETTINGS:
            raise UsageError(say("%s, line %d: there is no setting %s", path, number, shown(name)))
        if not value:
            raise UsageError(say("%s, line %d: %s has no value", path, number, name))
        if name in found and OPTIONS[name] is not MANY:
            raise UsageError(say("%s, line %d: %s is set a second time", path, number, name))
        try:
            check(name, value)
        except UsageError as error:
            raise UsageError(say("%s, line %d: %s: %s", path, number, name, str(error))) from None
        found.setdefault(name, []).append(value)
    return found


def check(name: str, text: str) -> None:
    """See whether a setting takes this value: every command says so, whether it uses the setting or not.

    Raises UsageError.
    """
    if name == "engine":
        loaded("endpoints").canonical_endpoint(text)
    elif name == "proxy":
        ways = loaded("proxy")
        if text != ways.NONE:
            ways.Proxy(text)
    elif OPTIONS[name] is not MANY:
        OPTIONS[name](text)


def name_of(line: str) -> Optional[str]:
    """The setting that a line of the file sets; None for a line that says nothing."""
    if not line.strip() or line.lstrip().startswith("#"):
        return None
    return line.partition("=")[0].strip()


def shown(name: str) -> str:
    """A name that is none, as far as it may be said: a line without = may hold a password, a name any character."""
    return "".join(letter for letter in name.split()[0][:40] if letter.isprintable()) if name else "="


def apply(given: Given, found: Mapping[str, list[str]]) -> None:
    """Take from the file what the command line leaves open. Raises UsageError."""
    for name, texts in found.items():
        if attribute(name) in given.__dict__ and not getattr(given, attribute(name)):
            for text in texts:
                store(given, name, text)


def changed(text: str, wanted: Mapping[str, list[str]]) -> str:
    """The file's text with new values of the ``wanted`` settings; every other line stays as it is."""
    kept = [line for line in text.splitlines() if name_of(line) not in wanted]
    kept += ["%s = %s" % (name, value) for name in sorted(wanted) for value in wanted[name]]
    return "\n".join(kept) + "\n"
