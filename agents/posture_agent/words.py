"""What the agent says to people, in their language. The English text is the key of the French one.

French is data in ``words_fr``, loaded only where it is spoken. Facts are never translated: they have a digest.
"""

from __future__ import annotations

from .loading import loaded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping

LANGUAGES = ("en", "fr")
CATALOGUE: dict[str, str] = {}


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
