"""Picks the listed keys out of an engine's answer. Whatever is not listed, or has another type, stays behind."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping

    Converter = Callable[[Any], Any]

LONGEST_LIST = 4096


def words(table: str) -> frozenset[str]:
    """A closed list, written as one text of words."""
    return frozenset(table.split())


class Unfit(ValueError):
    """A value has not the expected type: it is left out, and thereby unknown."""


def pick(raw: Any, keys: Mapping[str, Converter]) -> dict[str, Any]:
    """The listed keys of ``raw``, each passed through its converter."""
    picked: dict[str, Any] = {}
    if not isinstance(raw, dict):
        return picked
    for key, converter in keys.items():
        if key in raw:
            try:
                picked[key] = converter(raw[key])
            except Unfit:
                continue
    return picked


def boolean(value: Any) -> bool:
    """A boolean, or Unfit."""
    if not isinstance(value, bool):
        raise Unfit
    return value


def integer(value: Any) -> int:
    """A signed 64-bit integer, or Unfit."""
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise Unfit
    return value


def natural(value: Any) -> int:
    """A non-negative 63-bit integer, or Unfit."""
    if integer(value) < 0:
        raise Unfit
    return int(value)


def short(value: Any) -> str:
    """A text of at most 256 characters, or Unfit."""
    return text(value, 256)


def text(value: Any, limit: int = 4096) -> str:
    """A text of at most ``limit`` characters, or Unfit: a cut text could be mistaken for another value."""
    if not isinstance(value, str) or len(value) > limit:
        raise Unfit
    return value


def texts(value: Any) -> list[str]:
    """A list of texts, or Unfit."""
    if not isinstance(value, list) or len(value) > LONGEST_LIST:
        raise Unfit
    return [text(item) for item in value]


def names(value: Any) -> list[str]:
    """The sorted keys of a mapping (null counts as empty), or Unfit."""
    if value is None:
        return []
    if not isinstance(value, dict) or len(value) > LONGEST_LIST:
        raise Unfit
    return sorted(text(key) for key in value)


def or_null(converter: Converter) -> Converter:
    """The converter, letting the engine's own null through."""

    def convert(value: Any) -> Any:
        return None if value is None else converter(value)

    return convert


def each(converter: Converter) -> Converter:
    """A list whose items pass the converter, or Unfit."""

    def convert(value: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) > LONGEST_LIST:
            raise Unfit
        return [converter(item) for item in value]

    return convert


def structure(keys: Mapping[str, Converter]) -> Converter:
    """A nested structure reduced to the listed keys, or Unfit."""

    def convert(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Unfit
        return pick(value, keys)

    return convert


def mapping(value: Any) -> dict[str, str]:
    """A mapping of texts, or Unfit."""
    if not isinstance(value, dict) or len(value) > 512:
        raise Unfit
    return {short(key): text(item) for key, item in value.items()}
