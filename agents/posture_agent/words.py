"""What the agent says to people, in their language. The English text is the key of the French one.

French is data in ``words_fr``, loaded only where it is spoken. Facts are never translated: they have a digest.
"""

from __future__ import annotations

import re

from .loading import loaded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping

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


def say(text: str, *values: object) -> str:
    """The text in the spoken language, with its values; ``text`` is always written out where this is called."""
    said = CATALOGUE.get(text, text)
    return said % values if values else said


def known(text: str) -> str:
    """A text of facts, which is English, in the spoken language as far as the catalogue has it and its values."""
    if text in CATALOGUE:
        return say(text)
    for key in CATALOGUE:
        found = re.fullmatch(form_of(key), text) if "%" in key and key.endswith((".", ". %s")) else None
        if found is not None:
            return say(key, *[int(one) if one.isdigit() else known(one) for one in found.groups()])
    return text


def form_of(key: str) -> str:
    """The pattern of what a text is with its values in their places."""
    parts = PLACE.split(key)
    return "".join("(.+)" if one == "%s" else "([0-9]+)" if one == "%d" else re.escape(one) for one in parts)
