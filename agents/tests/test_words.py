"""Everything the agent says to people exists in English and French, with French typography."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from agents.build import SOURCES
from agents.posture_agent import engine_api, fitting, guards, reading, tls, usage, words
from agents.posture_agent.words_fr import FRENCH
from posture.reports.source_words import FORMS

MODULES = sorted(path for path in SOURCES.rglob("*.py") if path.name != "words_fr.py")
TABLES = (usage.COMMAND_WORDS, usage.OPTION_WORDS, usage.PLACEHOLDERS)  # said word by word
# What a person reads: these take what ``say`` returned, never a text of their own.
SPOKEN = {
    *("log", "show", "Result", "Failure", "UsageError", "StateError", "Busy"),
    *("ServerError", "Unreachable", "Misdirected", "Refused", "Stopped", "ProxyRefused", "Uncollected"),
}
SAME = {
    "[OPTION]…",
    "URL",
    "Options:",
    "posture-agent %s",
    "version",
    "cron",
    "%s: %s",
    "%s, %s",
    "installation",
    "Python %s",
}
NO_BREAK = "\u00a0"
PLACE = re.compile(r"%(?:\([a-z_]+\))?[sd]")


# A sentence with its full stop, or with another one behind it.
SENTENCE = re.compile(r"[^\n]*[a-z%A-Z] [^\n]*[a-zA-Z0-9)](?:\.|\. %s)")


def name_of(call: ast.Call) -> str:
    """The name of the function, class or method that is called."""
    return str(getattr(call.func, "id", getattr(call.func, "attr", "")))


@cache
def trees() -> list[ast.Module]:
    """Every module, parsed once."""
    return [ast.parse(path.read_text(encoding="utf-8")) for path in MODULES]


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """(module, call) of every call of a function or class by that name."""
    for module, node in all_calls():
        if isinstance(node.func, ast.Name) and node.func.id == name:
            yield module, node


@cache
def all_calls() -> list[tuple[str, ast.Call]]:
    """(module, call) of every call."""
    return [
        (path.relative_to(SOURCES).as_posix(), node)
        for path, tree in zip(MODULES, trees(), strict=True)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    ]


def said() -> set[str]:
    """Every text that is said."""
    found = {text for table in TABLES for text in table.values()} | in_english_first()
    for _, call in calls("say"):
        if isinstance(call.args[0], ast.Constant):
            found.add(str(call.args[0].value))
    return found


def test_texts_are_written_out_where_they_are_said() -> None:
    others = {module for module, call in calls("say") if not isinstance(call.args[0], ast.Constant)}
    assert others <= {"usage.py", "words.py"}, "the first argument of say() is a literal"


@pytest.mark.parametrize("name", sorted(SPOKEN))
def test_nothing_is_said_in_english_alone(name: str) -> None:
    for module, call in calls(name):
        for argument in call.args:
            text = argument.left if isinstance(argument, ast.BinOp) else argument
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                assert not re.search("[A-Za-z]{2}", re.sub("posture-agent|%[sd]", "", text.value)), (module, text.value)


def test_every_text_has_its_french() -> None:
    assert said() - FRENCH.keys() == set()


def test_no_french_is_left_over() -> None:
    assert FRENCH.keys() - said() - details() == set()


def in_english_first() -> set[str]:
    """Texts that are made in English, because facts need them, and said in another language where they are shown."""
    found = set(tls.UNTRUSTED.values()) | {"verification failed"}
    for name in ("BadAnswer", "CutShort", "Vanished", "TooLarge"):
        for _, call in calls(name):
            text = call.args[0].left if isinstance(call.args[0], ast.BinOp) else call.args[0]
            assert isinstance(text, ast.Constant)
            found.add(str(text.value))
    return found


@cache
def details() -> set[str]:
    """Words of facts that ``doctor`` and pages show: every sentence of the agent that is not said where it is made."""
    spoken = {id(part) for _, call in all_calls() if name_of(call) == "say" for part in ast.walk(call)}
    found = set()
    for tree in trees():
        silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or id(node) in silent or id(node) in spoken:
                continue
            if isinstance(node.value, str) and SENTENCE.fullmatch(node.value):
                found.add(node.value)
    return found


def test_every_reason_of_a_source_has_its_french() -> None:
    assert details() - FRENCH.keys() == set()
    assert {guards.DETAIL, fitting.DETAIL, reading.BEYOND_2038, *reading.DETAILS.values()} <= details()


def test_every_detail_is_a_sentence() -> None:
    """So that none escapes the test above, whatever it is written with."""
    for name, place in (("Unreadable", 1), ("EngineError", 1), ("failed", 2), ("expire", 0)):
        for module, call in all_calls():
            if name_of(call) != name or len(call.args) <= place:
                continue
            text = call.args[place]
            text = text.left if isinstance(text, ast.BinOp) else text
            if isinstance(text, ast.Constant):
                assert SENTENCE.fullmatch(str(text.value)), (module, text.value)
            else:
                assert not isinstance(text, ast.JoinedStr), module


def test_details_with_values_in_them_are_said_in_french() -> None:
    told = engine_api.unanswered(ConnectionRefusedError(), "unix:///run/a. b.sock").detail
    words.speak("fr")
    try:
        said = words.known(told)
    finally:
        words.speak("en")
    assert said.startswith("Aucun moteur n’écoute sur unix:///run/a. b.sock. Démarrez le moteur. Si le moteur écoute")
    assert words.known(told) == told


def test_pages_say_the_reasons_in_the_same_french() -> None:
    catalogue = Path("posture/locale/fr/LC_MESSAGES/django.po").read_text(encoding="utf-8")
    for english in details() | set(tls.UNTRUSTED.values()):  # which stand in a detail
        assert f'msgid "{english}"\nmsgstr "{FRENCH[english]}"\n' in catalogue
    assert {english for english in details() if "%" in english} == set(FORMS)


@pytest.mark.parametrize("english", sorted(FRENCH))
def test_french_keeps_the_values_and_the_typography(english: str) -> None:
    french = FRENCH[english]
    assert PLACE.findall(french) == PLACE.findall(english), "values come in the same order"
    assert french != english or english in SAME
    plain = re.sub(r"https?://\S*|unix:///?\S*|tcp://\S*|tls://\S*|--?[a-z0-9-]+|\[[A-Z:@]+\]|:PORT", "", french)
    assert not re.search(rf"[^{NO_BREAK}\s/0-9][;!?]|[^{NO_BREAK}/0-9\w]:(?:\s|$)|\w:(?:\s|$)", plain), plain
    assert not re.search(r"[ ][:;!?»]|«[ ]", french), "a no-break space"
    assert "'" not in re.sub(r"'[^' ]*'", "", french), "the typographic apostrophe"


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LC_ALL": "C", "LANG": "fr_FR.UTF-8"}, "en"),
        ({"LC_MESSAGES": "fr_CA", "LANG": "en_GB"}, "fr"),
        ({"LC_ALL": "", "LANG": "de_DE"}, "en"),
        ({}, "en"),
    ],
)
def test_the_environment_chooses_the_language(environment: dict[str, str], language: str) -> None:
    assert words.language_of(environment) == language


def test_french_is_loaded_where_it_is_spoken() -> None:
    words.speak("fr")
    try:
        assert words.say("there is no command %s", "x") == FRENCH["there is no command %s"] % "x"
    finally:
        words.speak("en")
    assert words.say("there is no command %s", "x") == "there is no command x"


def test_the_catalogue_is_data() -> None:
    tree = ast.parse(Path(SOURCES / "words_fr.py").read_text(encoding="utf-8"))
    assert all(isinstance(node, (ast.Expr, ast.ImportFrom, ast.Assign, ast.AnnAssign)) for node in tree.body)
