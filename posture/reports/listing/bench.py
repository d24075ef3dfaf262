"""The classic listing: a line a control with PASS, WARN, INFO or NOTE, and what it is about below it.

WARN is what fails and what could not be judged: what nobody saw is no good news. INFO does not apply. NOTE is for a
person to look at.
"""

from collections.abc import Iterator, Mapping

from posture.evaluation.assessed import Assessed, AssessedControl, Unread
from posture.evaluation.display import safe
from posture.evaluation.verdict import Evidence, Status, Verdict
from posture.facts.values import Reason
from posture.reports.asked import say_seen, say_wanted
from posture.reports.figures import Numerals
from posture.reports.phrases import PHRASES
from posture.reports.source_words import say_source_in

TAGS: Mapping[Status, str] = {
    Status.PASS: "PASS",
    Status.FAIL: "WARN",
    Status.UNKNOWN: "WARN",
    Status.MANUAL: "NOTE",
    Status.NOT_APPLICABLE: "INFO",
}
COLOURS: Mapping[str, str] = {"PASS": "\x1b[1;32m", "WARN": "\x1b[1;31m", "NOTE": "\x1b[1;33m", "INFO": "\x1b[1;34m"}
PLAIN = "\x1b[0m"
LANGUAGES = ("en", "fr")
SHOWN = 20  # resources of one control
WORDS: Mapping[str, tuple[str, str]] = {
    "colon": (": ", " : "),
    "wanted": ("wanted", "attendu"),
    "unknown": ("could not be judged", "indéterminé"),
    "more": ("… and {count} more", "… et {count} de plus"),
    "unread": ("could not be read", "n’a pas pu être lu"),
    "other": (
        "found, not judged: Posture reads Docker and Podman only",
        "trouvé, non jugé : Posture ne lit que Docker et Podman",
    ),
    "checks": ("Checks: {count}", "Contrôles : {count}"),
    "score": ("Score: {score} of 100, coverage {coverage}", "Score : {score} sur 100, couverture {coverage}"),
    "criticals": ("Open criticals: {count}", "Critiques ouverts : {count}"),
}


def listing(assessed: Assessed, *, language: str = "en", colour: bool = False) -> Iterator[str]:
    """The lines of the listing, without line ends. Values of facts are free of control characters."""
    column = LANGUAGES.index(language)
    at = Numerals(language=language, zone="UTC").moment(assessed.at)
    yield f"{assessed.edition.title[language]} · {safe(assessed.host)} · {at}"
    if assessed.unread or assessed.others:
        yield ""
    for unread in assessed.unread:
        yield _line("WARN", _unread(unread, language), colour)
    for other in assessed.others:
        said = f"{safe(other.Name)} ({safe(other.Evidence)}){WORDS['colon'][column]}{WORDS['other'][column]}"
        yield _line("NOTE", said, colour)
    for section in assessed.sections:
        yield ""
        yield _line("INFO", f"{section.section.number} - {section.section.title[language]}", colour)
        for control in section.controls:
            yield from _control(control, language, colour)
    yield ""
    yield _line("INFO", WORDS["checks"][column].format(count=sum(1 for _ in assessed.controls())), colour)
    yield _line("INFO", _score(assessed, language), colour)
    yield _line("INFO", WORDS["criticals"][column].format(count=assessed.score.open_criticals), colour)


def tag(control: AssessedControl) -> str:
    """PASS, WARN, INFO or NOTE."""
    return TAGS[control.status]


def _line(tag: str, text: str, colour: bool) -> str:
    return f"{COLOURS[tag]}[{tag}]{PLAIN} {text}" if colour else f"[{tag}] {text}"


def _unread(unread: Unread, language: str) -> str:
    """What could not be read, why, and the agent's words on what helps."""
    column = LANGUAGES.index(language)
    names, said = ", ".join(safe(name) for name in unread.sources), WORDS["unread"][column]
    reason, detail = _reason(unread.reason, language), safe(say_source_in(language, unread.detail))
    return f"{names}{WORDS['colon'][column]}{said} ({reason})" + (f". {detail}" if detail else "")


def _control(control: AssessedControl, language: str, colour: bool) -> Iterator[str]:
    column = LANGUAGES.index(language)
    yield _line(tag(control), f"{control.control.number} - {control.rule.title[language]}", colour)
    for verdict in control.concerns[:SHOWN]:
        yield _line("WARN", f"     * {_concern(verdict, language)}", colour)
    if len(control.concerns) > SHOWN:
        yield _line("WARN", "     * " + WORDS["more"][column].format(count=len(control.concerns) - SHOWN), colour)
    if not control.concerns and control.status is not Status.PASS and control.state.reason is not None:
        yield _line(tag(control), f"     * {_because(control, language)}", colour)


def _concern(verdict: Verdict, language: str) -> str:
    column = LANGUAGES.index(language)
    name, colon = safe(verdict.resource.name), WORDS["colon"][column]
    if verdict.status is Status.UNKNOWN:
        return f"{name}{colon}{WORDS['unknown'][column]} ({_reason(verdict.reason, language)})"
    seen = ("; ", " ; ")[column].join(_evidence(one, language) for one in verdict.evidence)
    return f"{name}{colon}{seen}" if seen else name


def _evidence(found: Evidence, language: str) -> str:
    wanted = f"{WORDS['wanted'][LANGUAGES.index(language)]} {say_wanted(found.wanted, language)}"
    return f"{found.fact} {say_seen(found.seen, language)} ({wanted})"


def _because(control: AssessedControl, language: str) -> str:
    """Why there is nothing to see: in the rule's own words where it does not apply."""
    if control.state.reason is Reason.NOT_APPLICABLE and control.rule.applies is not None:
        return control.rule.applies.because[language]
    reason = _reason(control.state.reason, language)
    if control.status is Status.UNKNOWN:
        return f"{WORDS['unknown'][LANGUAGES.index(language)]} ({reason})"
    return reason


def _reason(reason: Reason | None, language: str) -> str:
    return PHRASES[f"reason.{reason.value}"][LANGUAGES.index(language)] if reason else ""


def _score(assessed: Assessed, language: str) -> str:
    numerals = Numerals(language=language, zone="UTC")
    value = assessed.score.value
    score = numerals.score(None if value is None else float(value))
    coverage = numerals.percent(float(assessed.score.coverage))
    return WORDS["score"][LANGUAGES.index(language)].format(score=score, coverage=coverage)
