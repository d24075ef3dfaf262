"""The words of every rule: both languages, their typography, and nothing that does not belong there."""

import re
from collections.abc import Iterator

import pytest

from posture.evaluation import catalogue
from posture.evaluation.rule import Rule, Words

CATALOGUE = catalogue.load()
RULES = CATALOGUE.rules
EVERY_RULE = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
SPACED = re.compile("[^\u00a0\u202f][?!;](?=\\s|$)|[^\u00a0\u202f:\\w/]:(?=\\s|$)|«[^\u00a0]|[^\u00a0]»")
TYPED = re.compile(r"(ipc|pid): ")  # a setting as one types it, not a sentence


def words(rule: Rule) -> Iterator[tuple[str, Words]]:
    yield "title", rule.title
    yield "why", rule.why
    yield "evidence", rule.evidence
    yield "breaks", rule.fix.breaks
    for name, condition in (("applies", rule.applies), ("supported", rule.supported)):
        if condition is not None:
            yield name, condition.because
    for parameter in rule.parameters.values():
        yield f"parameters.{parameter.name}", parameter.title


@EVERY_RULE
def test_french_typography(rule: Rule) -> None:
    for place, text in words(rule):
        french = TYPED.sub("", text["fr"])
        assert "'" not in french, f"{place}: a typewriter apostrophe"
        assert not re.search(" [:;?!»]|« ", french), f"{place}: an ordinary space at a French mark"
        assert not SPACED.search(french), f"{place}: a French mark without its no-break space"


@EVERY_RULE
def test_both_languages_say_as_much(rule: Rule) -> None:
    """A translation of half or twice the length has lost or added something."""
    for place, text in words(rule):
        assert text["en"] != text["fr"], place
        assert 0.5 < len(text["fr"]) / len(text["en"]) < 2.2, place


@EVERY_RULE
def test_sentences_are_finished_and_titles_are_none(rule: Rule) -> None:
    for language in ("en", "fr"):
        assert not rule.title[language].endswith(".")
        for text in (rule.why, rule.evidence, rule.fix.breaks):
            assert text[language].rstrip().endswith(".")
            assert "  " not in text[language]


@EVERY_RULE
def test_commands_are_for_a_root_shell(rule: Rule) -> None:
    """No sudo, which a host may not have. Rootless mode alone is set up by an ordinary user."""
    texts = [step.text for step in rule.fix.steps]
    assert all("sudo " not in text for text in texts) or rule.id == "daemon-rootless"


def test_titles_differ() -> None:
    for language in ("en", "fr"):
        titles = [rule.title[language] for rule in RULES.values()]
        assert len(titles) == len(set(titles))


def test_section_titles_in_both_languages() -> None:
    for edition in CATALOGUE.editions.values():
        for section in edition.sections:
            assert section.title["en"] != section.title["fr"]
