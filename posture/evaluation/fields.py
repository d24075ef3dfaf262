"""Reading typed values out of a document, with errors that name the key and its line."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from posture.evaluation.document import Located
from posture.evaluation.rule import LANGUAGES, Words
from posture.evaluation.trouble import DataError

E = TypeVar("E", bound=StrEnum)


def line_of(source: Located, key: str) -> int:
    return source.lines.get(key, source.line)


def wrong(source: Located, key: str, message: str) -> DataError:
    return DataError(message, key=key, line=line_of(source, key))


def check_keys(source: Located, *, needed: Iterable[str], optional: Iterable[str] = ()) -> None:
    """Raises DataError for a key that is missing or not of the form."""
    needed = tuple(needed)
    for key in source:
        if key not in needed and key not in optional:
            raise wrong(source, key, f"unknown key; known are {', '.join((*needed, *optional))}")
    for key in needed:
        if key not in source:
            raise DataError("this key is missing", key=key, line=source.line)


def mapping(source: Located, key: str) -> Located:
    value = source[key]
    if not isinstance(value, Located):
        raise wrong(source, key, "wants a mapping")
    return value


def items(source: Located, key: str) -> list[Any]:
    value = source[key]
    if not isinstance(value, list):
        raise wrong(source, key, "wants a list")
    return value


def mappings(source: Located, key: str) -> list[Located]:
    values = items(source, key)
    for value in values:
        if not isinstance(value, Located):
            raise wrong(source, key, f"wants a list of mappings, not {value!r}")
    return values


def text(source: Located, key: str, *, maximum: int = 400) -> str:
    value = source[key]
    if not isinstance(value, str):
        raise wrong(source, key, f"wants a text, not {value!r}: quote it")
    value = value.strip()
    if not value or len(value) > maximum:
        raise wrong(source, key, f"wants 1 to {maximum} characters, has {len(value)}")
    return value


def texts(source: Located, key: str) -> tuple[str, ...]:
    values = items(source, key)
    if not all(isinstance(value, str) and value for value in values):
        raise wrong(source, key, "wants a list of texts")
    return tuple(values)


def words(source: Located, key: str, *, maximum: int = 400) -> Words:
    """The words in every language; each must be there."""
    value = mapping(source, key)
    check_keys(value, needed=LANGUAGES)
    return {language: text(value, language, maximum=maximum) for language in LANGUAGES}


def choice(source: Located, key: str, of: type[E]) -> E:
    value = source[key]
    try:
        return of(value)
    except ValueError as error:
        known = ", ".join(member.value for member in of)
        raise wrong(source, key, f"wants one of {known}, not {value!r}") from error


def moment(source: Located, key: str) -> datetime:
    value = source[key]
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise wrong(source, key, "wants a moment such as 2026-01-01T00:00:00Z") from error
    if not isinstance(value, datetime):
        raise wrong(source, key, "wants a moment such as 2026-01-01T00:00:00Z")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def day(source: Located, key: str) -> date:
    value = source[key]
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise wrong(source, key, "wants a day such as 2023-05-30")
