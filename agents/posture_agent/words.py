"""What the agent says to people, in their language. The English text is the key of the French one.

French is data in ``words_fr``, loaded only where it is spoken. Facts are never translated: they have a digest.
"""

from __future__ import annotations

import re

from .loading import loaded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

LANGUAGES = ("en", "fr")
CATALOGUE: dict[str, str] = {}
PLACE = re.compile("(%[sd])")


def speak(language: str) -> None:
    """Say everything in this language ("en" or "fr") from now on."""
    CATALOGUE.clear()
    if language == "fr":
        CATALOGUE.update(loaded("words_fr").FRENCH)


def language_of(environment: Mapping[str, str]) -> str:
    """The language that the environment asks for; English where it asks for one that we do not speak."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "fr" if environment[name].startswith("fr") else "en"
    return "en"


class Said(str):
    """A text in the spoken language that still knows its English and its values: another process may speak another."""

    text: str = ""
    values: tuple[object, ...] = ()


def say(text: str, *values: object) -> str:
    """The text in the spoken language, with its values; ``text`` is always written out where this is called."""
    said = CATALOGUE.get(text, text)
    found = Said(said % values if values else said)
    found.text, found.values = text, values
    return found


def kept(words: object) -> Any:
    """What was said, as JSON for ``told``: a list of the English and its values, else a number or a text."""
    if isinstance(words, Exception) and words.args and isinstance(words.args[0], Said):
        words = words.args[0]
    if isinstance(words, Said):
        return [words.text, *[kept(value) for value in words.values]]
    return words if isinstance(words, (int, float)) else str(words)


def told(found: Any) -> Any:
    """What ``kept`` made, in the spoken language; a text of before stays as it is."""
    if not isinstance(found, list) or not found or not isinstance(found[0], str):
        return found
    try:
        return say(found[0], *[told(value) for value in found[1:]])
    except (TypeError, ValueError):  # of another version of the agent
        return " ".join(str(told(value)) for value in found)


def known(text: str) -> str:
    """A text that was made in English, as facts are, in the spoken language where the catalogue has it."""
    if text in CATALOGUE:
        return say(text)
    for key in CATALOGUE:
        formed = "%" in key and (key.endswith((".", ". %s")) or key.startswith("the peer"))
        found = re.fullmatch(form_of(key), text) if formed else None
        if found is not None:
            return say(key, *[int(one) if one.isdigit() else known(one) for one in found.groups()])
    return say(text)


def form_of(key: str) -> str:
    """The pattern of what a text is with its values in their places."""
    parts = PLACE.split(key)
    return "".join("(.+)" if one == "%s" else "([0-9]+)" if one == "%d" else re.escape(one) for one in parts)
