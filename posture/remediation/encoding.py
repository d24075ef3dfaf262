"""Putting hostile values into texts of four languages, so that none of them can break out."""

import json
import re
import shlex
import unicodedata

# Controls, bidirectional overrides and other invisible characters: in a terminal or on a page they would show a
# command other than the one that runs.
_UNPRINTABLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_PLAIN_YAML = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*")
_YAML_WORDS = frozenset(("yes", "no", "on", "off", "true", "false", "null", "y", "n"))  # of YAML 1.1
_PLAIN_DOCKERFILE = re.compile(r"[A-Za-z0-9_./:@+-]+")
# YAML refuses keys beyond 1,024 characters; no name of an engine or of compose comes near.
MAXIMUM_NAME = 255


def printable(value: str) -> bool:
    return not any(unicodedata.category(character) in _UNPRINTABLE for character in value)


def shell(value: str) -> str:
    """One word of a POSIX shell. Unprintable characters become bash's ``$'…'`` escapes, so that none is pasted into
    a terminal as it is; NUL, which no argument can hold, is left out."""
    value = value.replace("\0", "")
    if printable(value):
        return shlex.quote(value)
    return "$'" + "".join(map(_ansi, value)) + "'"


def _ansi(character: str) -> str:
    if character in "\\'":
        return "\\" + character
    if printable(character):
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogatepass"))


def positional(value: str, instead: str) -> str:
    """One word where a command expects a name: a value that would be read as an option is replaced."""
    return instead if not value or value.startswith("-") else shell(value)


def yaml_scalar(value: str, *, interpolated: bool = True) -> str:
    """A scalar on one line. Compose interpolates ``$`` in values (not in keys): it is doubled there."""
    if interpolated:
        value = value.replace("$", "$$")
    if _PLAIN_YAML.fullmatch(value) and value.lower() not in _YAML_WORDS:
        return value
    # JSON is YAML; characters outside ASCII that print stay readable, all others become escapes.
    return '"' + "".join(_yaml_character(character) for character in value) + '"'


def _yaml_character(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if printable(character):
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def json_string(value: str) -> str:
    return json.dumps(value)


def dockerfile_word(value: str) -> str:
    """One word of a Dockerfile instruction; unprintable characters are left out (an instruction ends with its line)."""
    value = "".join(filter(printable, value))
    if _PLAIN_DOCKERFILE.fullmatch(value):
        return value
    return '"' + re.sub(r'(["\\$])', r"\\\1", value) + '"'
