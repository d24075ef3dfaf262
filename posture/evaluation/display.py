"""Values of facts for people: hostile text made safe, numbers with their units."""

import unicodedata
from collections.abc import Mapping

from posture.facts.values import Unseen, Value

MAXIMUM_CHARACTERS = 500
_UNITS = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))
_NANOSECONDS = ((86_400 * 10**9, "d"), (3_600 * 10**9, "h"), (60 * 10**9, "min"), (10**9, "s"))


def safe(text: str) -> str:
    """The text without control, format and unassigned characters, at most 500 characters long."""
    text = text[: MAXIMUM_CHARACTERS * 2]
    if not (text.isascii() and text.isprintable()):
        text = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    return text if len(text) <= MAXIMUM_CHARACTERS else text[: MAXIMUM_CHARACTERS - 1] + "…"


def show(value: "Value | object", unit: str = "") -> str:
    """A value as a person reads it: "512 MiB", "0644", "true", "a, b"; an Unseen one as "not seen (reason)"."""
    if isinstance(value, Unseen):
        return f"not seen ({value.reason})"
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _number(value, unit)
    if isinstance(value, tuple | list | frozenset):
        return safe(_listed(value, unit))
    if isinstance(value, Mapping):
        return safe(" ".join(f"{key}={show(part)}" for key, part in value.items()))
    return safe(str(value)) or '""'


def _listed(values: "tuple[object, ...] | list[object] | frozenset[object]", unit: str) -> str:
    """Joined, and cut where nobody would read on, so that a list of thousands costs nothing."""
    shown: list[str] = []
    length = 0
    for value in sorted(values, key=str) if isinstance(values, frozenset) else values:
        shown.append(show(value, unit))
        length += len(shown[-1]) + 2
        if length > MAXIMUM_CHARACTERS:
            break
    return ", ".join(shown) if shown else "none"


def _number(value: int, unit: str) -> str:
    if unit == "mode":
        return f"{value:04o}"
    if unit == "bytes" and value > 0:
        return _scaled(value, _UNITS, " ", "B")
    if unit == "nanoseconds" and value > 0:
        return _scaled(value, _NANOSECONDS, " ", "ns")
    if unit == "nano-cpus" and value > 0:
        return f"{value / 10**9:.4g} CPU"
    return str(value)


def _scaled(value: int, units: tuple[tuple[int, str], ...], space: str, smallest: str) -> str:
    for size, name in units:
        if value >= size:
            return f"{value / size:.4g}{space}{name}"
    return f"{value}{space}{smallest}"
