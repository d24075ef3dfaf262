"""The catalogue's words for checks, in the viewer's language."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from django.utils.translation import get_language

from posture.evaluation import catalogue
from posture.evaluation.candidates import candidates_of, check_keys
from posture.evaluation.catalogue import OWN_EDITION
from posture.evaluation.rule import Rule, Words
from posture.evaluation.verdict import WEIGHTS, Severity

DIGITS = re.compile(r"[0-9]+")
RANKS = {"critical": 0, "high": 1, "medium": 2, "low": 3, "": 4}
# The fixes that break least first.
EFFORTS = {"live": 0, "host": 1, "restart": 2, "recreate": 3, "rebuild": 4, "none": 5, "": 6}


@dataclass(frozen=True, slots=True)
class CheckWords:
    """A check as a page shows it. A check of a rule that is no longer in the catalogue shows its key."""

    key: str
    rule: str
    title: str
    why: str
    evidence: str
    severity: str
    subject: str
    effect: str
    control: str
    section: str
    level: str
    place: int
    weight: int

    @property
    def order(self) -> tuple[int, int, str]:
        """Most severe first, then in the order of the edition."""
        return RANKS[self.severity], self.place, self.key


@dataclass(frozen=True, slots=True)
class SectionWords:
    """A section of an edition."""

    number: str
    title: str


def number_order(number: str) -> tuple[int, ...]:
    """Orders "5.9" before "5.10", and "R9" before "R10"."""
    return tuple(int(part) for part in DIGITS.findall(number))


def say(words: Words) -> str:
    """A rule's words in the viewer's language; English where there are none."""
    language = (get_language() or "en").split("-")[0]
    return words.get(language) or words.get("en", "")


def rule_of(check_key: str) -> Rule | None:
    """The rule that a check is made of."""
    return catalogue.load().rules.get(check_key.partition("~")[0])


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule stands in an edition: numbers of control and section, level, and how far down."""

    control: str = ""
    section: str = ""
    level: str = ""
    place: int = 10**6


NOWHERE = Place()


@cache
def _places(edition: str) -> Mapping[str, Place]:
    """The place of each rule that may judge an edition; of a rule that stands under several numbers, the first."""
    found = catalogue.load().editions.get(edition)
    places: dict[str, Place] = {}
    for section in () if found is None else found.sections:
        for control in section.controls:
            for rule in control.rules():
                places.setdefault(rule, Place(control.number, section.number, control.level, len(places)))
    return places


def check_words(check_key: str, *, edition: str) -> CheckWords:
    """The words of one check; control numbers are those of ``edition``."""
    rule = rule_of(check_key)
    name = check_key.partition("~")[0]
    where = _places(edition).get(name, NOWHERE)
    if rule is None:
        return CheckWords(
            key=check_key, rule=name, title=check_key, why="", evidence="", severity="", subject="", effect="",
            control=where.control, section=where.section, level=where.level, place=where.place, weight=0,
        )  # fmt: skip
    return CheckWords(
        key=check_key,
        rule=name,
        title=say(rule.title),
        why=say(rule.why),
        evidence=say(rule.evidence),
        severity=rule.severity.value,
        subject=rule.subject.value,
        effect=rule.fix.effect.value,
        control=where.control,
        section=where.section,
        level=where.level,
        place=where.place,
        weight=WEIGHTS[rule.severity],
    )


def words_of(check_keys: Iterable[str], *, edition: str) -> dict[str, CheckWords]:
    """The words of many checks, by key."""
    return {key: check_words(key, edition=edition) for key in set(check_keys)}


def sections_of(edition: str) -> list[SectionWords]:
    """The sections of an edition in order."""
    found = catalogue.load().editions.get(edition)
    return [] if found is None else [SectionWords(section.number, say(section.title)) for section in found.sections]


def edition_titles() -> list[tuple[str, str]]:
    """Every edition's id and title: our own, then the newest first."""
    editions = sorted(catalogue.load().editions.values(), key=lambda edition: edition.released, reverse=True)
    ordered = sorted(editions, key=lambda edition: edition.id != OWN_EDITION)
    return [(edition.id, say(edition.title)) for edition in ordered]


def edition_title(edition: str) -> str:
    """The title of an edition, or its id where an update took it away."""
    found = catalogue.load().editions.get(edition)
    return edition if found is None else say(found.title)


def short_title(edition: str) -> str:
    """The title of an edition as lists name it: “CIS 1.8.0”, “ANSSI-FT-082”."""
    return edition_title(edition).replace(" Docker Benchmark", "").partition(",")[0]


def key_in(edition: str, rule: str) -> str | None:
    """The check by which an edition has a rule judged; None where it has it not."""
    found = catalogue.load().editions.get(edition)
    controls = () if found is None else (control for control in found.controls() if rule in control.rules())
    return next(
        (key for control in controls for key, one in candidates_of(edition, control).items() if one == rule), None
    )


def critical_keys(edition: str) -> list[str]:
    """The checks of an edition that earn all or nothing."""
    found = catalogue.load().editions.get(edition)
    critical = set(critical_rules())
    return [] if found is None else sorted(key for key in check_keys(found) if key.partition("~")[0] in critical)


def critical_rules() -> list[str]:
    """The rules that earn all or nothing."""
    return [rule.id for rule in catalogue.load().rules.values() if rule.severity is Severity.CRITICAL]


def weights() -> dict[str, int]:
    """The weight of every rule, by id."""
    return {rule.id: WEIGHTS[rule.severity] for rule in catalogue.load().rules.values()}
