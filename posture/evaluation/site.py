"""A site's own rules: the same form and the same door, in one language if it likes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from posture.evaluation.document import Located
from posture.evaluation.edition import Assessment, Control, Edition, Section
from posture.evaluation.rule import LANGUAGES, Rule
from posture.evaluation.trouble import DataError

SITE_PREFIX = "site-"  # the product's own ids never begin so: an update cannot collide with a site's rule
SITE_SECTION = "site"


def complete_words(source: Located) -> Located:
    """The document with each language that is left out speaking the words of one that is there."""
    for key, value in source.items():
        source[key] = _completed(value)
    return source


def _completed(value: Any) -> Any:
    if isinstance(value, list):
        return [_completed(item) for item in value]
    if not isinstance(value, Located):
        return value
    if value and set(value) <= set(LANGUAGES):
        spoken = next(iter(value))
        for language in LANGUAGES:
            value.lines.setdefault(language, value.lines[spoken])
            value.setdefault(language, value[spoken])
        return value
    return complete_words(value)


def check_site_rule(rule: Rule) -> None:
    """Raises DataError for an id that may one day be the product's."""
    if not rule.id.startswith(SITE_PREFIX):
        raise DataError(f"the id of a site's own rule begins with {SITE_PREFIX}", key="id")


def with_site_section(edition: Edition, rules: Sequence[Rule]) -> Edition:
    """The edition with a last section that holds the site's rules, numbered by their ids."""
    controls = tuple(Control(rule.id, "L1", Assessment.AUTOMATED, rule.id, {}) for rule in rules)
    section = Section(SITE_SECTION, {"en": "Rules of this site", "fr": "Règles de ce site"}, controls)
    total = edition.controls_total + len(controls)
    return replace(edition, controls_total=total, sections=(*edition.sections, section))
