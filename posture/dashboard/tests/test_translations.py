"""English and French are equal: every text has both, and what a count says is right in both."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.conf import settings
from django.template.base import Lexer, TokenType
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation

from posture.dashboard import numbers, words
from posture.dashboard.tests.conftest import People
from posture.fleet.models import Host, Role

PO = Path(settings.LOCALE_PATHS[0]) / "fr" / "LC_MESSAGES" / "django.po"
TEMPLATES = Path(settings.BASE_DIR) / "templates"
PLACEHOLDER = re.compile(r"%\((\w+)\)s|%%")
QUOTED = re.compile(r"""^translate\s+(?:"([^"]*)"|'([^']*)')""")


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="fr")


def texts(value: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return ("",) if value is None else (value,) if isinstance(value, str) else tuple(value)


def test_nothing_is_untranslated_or_fuzzy(catalogue: Catalog) -> None:
    for message in catalogue:
        if message.id:
            assert not message.fuzzy, message.id
            assert all(texts(message.string)), message.id


def test_placeholders_survive_translation(catalogue: Catalog) -> None:
    for message in catalogue:
        wanted = set(PLACEHOLDER.findall(" ".join(texts(message.id)))) if message.id else set()
        for translated in texts(message.string) if message.id else ():
            assert set(PLACEHOLDER.findall(translated)) == wanted, message.id


LITERAL = "Defaults:USER !requiretty"  # a line of sudoers is written as it is, in any language


def test_french_typography(catalogue: Catalog) -> None:
    for message in catalogue:
        for translated in (text.replace(LITERAL, "") for text in texts(message.string)) if message.id else ():
            assert not re.search(r"[^\u00a0\u202f][;?!»]|«[^\u00a0\u202f]|[^\u00a0\u202f\w/]:(?!\w)| :", translated), (
                translated
            )
            assert "'" not in translated.replace("'%", ""), translated


def test_every_text_of_the_templates_is_in_the_file(catalogue: Catalog) -> None:
    known = {one for message in catalogue if message.id for one in texts(message.id)}
    seen = 0
    for path in sorted(TEMPLATES.rglob("*.html")):
        for token in Lexer(path.read_text(encoding="utf-8")).tokenize():
            if token.token_type is TokenType.BLOCK and (found := QUOTED.match(token.contents)):
                seen += 1
                assert (found[1] or found[2]) in known, (path.name, token.contents)
    assert seen > 200


def test_every_closed_list_is_translated() -> None:
    for table in (words.STATUS, words.REASON, words.SEVERITY, words.STATE, words.CAUSE, words.EFFECT, words.ACTION):
        with translation.override("en"):
            english = {key: words.word(table, key) for key in table}
        with translation.override("fr"):
            french = {key: words.word(table, key) for key in table}
        assert not [key for key in table if english[key] == french[key]]


def test_every_recorded_action_has_a_word() -> None:
    pattern = re.compile(r'"((?:account|enrolment_key|agent_token|group|label|host|parameter|report|demo)\.[a-z_]+)"')
    sources = [path for path in (Path(settings.BASE_DIR) / "posture").rglob("*.py") if "tests" not in path.parts]
    told = {found for path in sources if path.parent.name == "services" for found in pattern.findall(path.read_text())}
    assert told
    assert told <= set(words.ACTION)


def test_evidence_is_said_in_both_languages() -> None:
    evidence = [("ports", "not seen (not_permitted)", "none of 22, 23"), ("kernel", "6.1", "")]
    said = {}
    for language in ("en", "fr"):
        with translation.override(language):
            said[language] = render_to_string("parts/evidence.html", {"evidence": evidence, "reason": "not_permitted"})
    assert "none of 22, 23" in said["en"]
    assert "<b>not seen</b>" in said["en"]
    assert "aucun de 22, 23" in said["fr"]
    assert "<b>non constaté</b>" in said["fr"]
    assert said["en"].count("<code>") == said["fr"].count("<code>") == 1


def test_numbers_in_both_languages() -> None:
    with translation.override("en"):
        assert numbers.write_score(78.46) == "78.4"
        assert numbers.write_percent(0.784) == "78%"
        assert numbers.write_change(-0.3) == "−0.3"
        assert numbers.write_count(12345) == "12,345"
    with translation.override("fr"):
        assert numbers.write_score(78.46) == "78,4"
        assert numbers.write_percent(0.784) == "78\u00a0%"
        assert numbers.write_change(4.1) == "+4,1"
        assert translation.ngettext("%(number)s finding", "%(number)s findings", 0) == "%(number)s constat"


def test_a_score_is_rounded_down() -> None:
    with translation.override("en"):
        assert numbers.write_score(99.99) == "99.9"
        assert numbers.write_score(89.95) == "89.9"
        assert numbers.write_percent(0.999) == "99%"
        assert numbers.write_score(100.0) == "100.0"


def test_french_pages_hold_no_english(people: People, fleet: list[Host]) -> None:
    people[Role.ADMINISTRATOR].language = "fr"
    people[Role.ADMINISTRATOR].save()
    client = Client()
    client.force_login(people[Role.ADMINISTRATOR], backend="django.contrib.auth.backends.ModelBackend")
    for name in ("overview", "hosts", "findings", "changes", "settings-people", "settings-keys"):
        html = client.get(reverse(name)).content.decode()
        for english in ("Whole fleet", "Add host", "Sign out", "Score</", "ago<", ">Fail<"):
            assert english not in html.replace(">Score</", ""), (name, english)
