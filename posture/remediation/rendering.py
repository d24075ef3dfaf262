"""Filling the template of a step: every value is encoded for the language it lands in."""

import re
from collections.abc import Callable, Mapping

from posture.evaluation.rule import Step
from posture.remediation.encoding import dockerfile_word, json_string, positional, shell, yaml_scalar
from posture.remediation.fix import LANGUAGE_OF, Language
from posture.remediation.placeholders import Each, Name, Placeholder, Ready, Several

# As the catalogue reads them: {word}, but neither ${word} nor {{word}}.
PLACEHOLDER = re.compile(r"(?<![{$])\{([a-z_]+)\}(?!\})")
_ITEM = re.compile(r"(\s*)- \{([a-z_]+)\}\s*")
_KEY = re.compile(r"\s*\{[a-z_]+\}:")


def render(step: Step, values: Mapping[str, Placeholder]) -> str | None:
    """The text of the step, or None when a placeholder has no value here. Values are put in once: what they hold is
    never read as a template again."""
    if any(word not in values for word in PLACEHOLDER.findall(step.text)):
        return None
    language = LANGUAGE_OF[step.via]
    lines = [text for line in step.text.rstrip("\n").split("\n") for text in _lines(line, language, values)]
    return "\n".join(lines) + "\n"


def _lines(line: str, language: Language, values: Mapping[str, Placeholder]) -> list[str]:
    """A line of a shell script is repeated for each value of its lists, which go together item by item."""
    lists = {word: one for word in PLACEHOLDER.findall(line) if isinstance(one := values[word], Each)}
    if not lists or language is not Language.SHELL:
        return [_line(line, language, values)]
    rows = zip(*(one.values for one in lists.values()), strict=True)
    items = [{**values, **{word: Ready(shell(value)) for word, value in zip(lists, row, strict=True)}} for row in rows]
    return list(dict.fromkeys(_line(line, language, item) for item in items))


def _line(line: str, language: Language, values: Mapping[str, Placeholder]) -> str:
    item = _ITEM.fullmatch(line)
    if item and language is Language.YAML:
        value = values[item[2]]
        if isinstance(value, Several):
            return "\n".join(f"{item[1]}- {text}" for text in value.items) or f"{item[1]}[]"
    encode = _key if language is Language.YAML and _KEY.match(line) else ENCODERS[language]
    return PLACEHOLDER.sub(lambda match: _put(values[match[1]], language, encode), line)


def _put(value: Placeholder, language: Language, encode: Callable[[Name], str]) -> str:
    if isinstance(value, Name):
        return encode(value)
    if isinstance(value, Ready):
        return value.text
    if isinstance(value, Each):
        return ", ".join(map(json_string, value.values))
    return ", ".join(value.items) if language in (Language.YAML, Language.JSON) else " ".join(value.words)


def _key(name: Name) -> str:
    return yaml_scalar(name.value or name.instead, interpolated=False)


ENCODERS: Mapping[Language, Callable[[Name], str]] = {
    Language.SHELL: lambda name: positional(name.value, name.instead),
    Language.YAML: lambda name: yaml_scalar(name.value or name.instead),
    Language.JSON: lambda name: json_string(name.value or name.instead),
    Language.DOCKERFILE: lambda name: dockerfile_word(name.value or name.instead),
}
