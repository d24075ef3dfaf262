"""Which controls of the editions are about the same matter."""

from collections import defaultdict
from collections.abc import Mapping

from posture.evaluation.edition import Edition
from posture.evaluation.rule import Rule

Place = tuple[str, str]  # edition, number
Counterparts = Mapping[Place, tuple[Place, ...]]


def counterparts_of(editions: Mapping[str, Edition], rules: Mapping[str, Rule]) -> Counterparts:
    """By control, the controls of other editions that the same rule judges, or one related to it."""
    related = relations(rules)
    users: defaultdict[str, list[Place]] = defaultdict(list)
    for edition in editions.values():
        for control in edition.controls():
            for rule in control.rules():
                users[rule].append((edition.id, control.number))
    found: dict[Place, tuple[Place, ...]] = {}
    for edition in editions.values():
        for control in edition.controls():
            matters = dict.fromkeys(other for rule in control.rules() for other in (rule, *sorted(related[rule])))
            places = dict.fromkeys(place for rule in matters for place in users[rule] if place[0] != edition.id)
            found[edition.id, control.number] = tuple(places)
    return found


def relations(rules: Mapping[str, Rule]) -> Mapping[str, set[str]]:
    """By rule, the rules that it names as related or that name it."""
    related: defaultdict[str, set[str]] = defaultdict(set)
    for rule in rules.values():
        for other in rule.related:
            related[rule.id].add(other)
            related[other].add(rule.id)
    return related
