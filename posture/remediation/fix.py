"""What a fix is once it has this resource's real names and values in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from posture.evaluation.rule import Effect, Via


class Language(StrEnum):
    """The language of a step's text, for highlighting and copying."""

    SHELL = "shell"
    YAML = "yaml"
    JSON = "json"
    DOCKERFILE = "dockerfile"


LANGUAGE_OF: Mapping[Via, Language] = {
    Via.COMPOSE: Language.YAML,
    Via.DAEMON_JSON: Language.JSON,
    Via.DOCKERFILE: Language.DOCKERFILE,
    Via.RUN: Language.SHELL,
    Via.LIVE: Language.SHELL,
    Via.SWARM: Language.SHELL,
    Via.HOST: Language.SHELL,
}


@dataclass(frozen=True, slots=True)
class FixStep:
    """One tab. ``text`` is what to type or to merge, ``then`` the shell command that puts it in force ("" when the
    text does that itself), ``note`` says by language how to use it (empty when nothing needs saying)."""

    via: Via
    language: Language
    text: str
    then: str
    note: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fix:
    """How to fix one finding. ``steps`` are alternatives, the one to show first comes first."""

    effect: Effect
    breaks: Mapping[str, str]  # by language
    steps: tuple[FixStep, ...]
