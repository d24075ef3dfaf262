"""Leaves out what an agent may not have seen, one node after the other, and tells what got better.

``python -m posture.tests.proofs.hiding [RECORDING…]`` takes every node of these recordings (default: all), and every
fact that follows from them; the exit status is 1 when something got better.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import msgspec

from posture.facts.resource import HostFacts
from posture.facts.values import Reason, Unseen, Value
from posture.facts.wire.snapshot import Facts
from posture.tests.proofs.judged import Standing, better, normalised, standing
from posture.tests.proofs.nodes import Path, optional, without
from posture.tests.proofs.recordings import recordings

HIDDEN = Unseen(Reason.NOT_PERMITTED)
FactPlace = tuple[int | str, str]  # number of a resource or key of a context, and the fact's name


def hide_nodes(facts: Facts, paths: Iterable[Path]) -> Iterator[str]:
    """What gets better when each of these keys is left out of the snapshot."""
    before, plain = standing(normalised(facts)), msgspec.to_builtins(facts)
    for path in paths:
        hidden = msgspec.convert(without(plain, path), Facts)
        yield from told(".".join(map(str, path)), before, normalised(hidden))


def hide_facts(facts: HostFacts, places: Iterable[FactPlace]) -> Iterator[str]:
    """What gets better when each of these facts is Unseen."""
    before = standing(facts)
    for place, name in places:
        yield from told(f"{place} {name}", before, hide_fact(facts, place, name))


def told(what: str, before: Standing, after: HostFacts) -> Iterator[str]:
    """What got better, with what was left out."""
    for words in better(before, standing(after)):
        yield f"without {what}: {words}"


def fact_places(facts: HostFacts) -> list[FactPlace]:
    """Every fact of every resource and context that is seen."""
    own: list[FactPlace] = [
        (number, name)
        for number, one in enumerate(facts.resources)
        for name, value in one.facts.items()
        if not isinstance(value, Unseen)
    ]
    return [*own, *((key, name) for key, values in facts.context.items() for name in values)]


def hide_fact(facts: HostFacts, place: int | str, name: str) -> HostFacts:
    """The host with one fact Unseen."""
    if isinstance(place, str):
        context: dict[str, Mapping[str, Value]] = {**facts.context, place: {**facts.context[place], name: HIDDEN}}
        digests = {**facts.context_digest, place: f"{facts.context_digest[place]} without {name}"}
        return replace(facts, context=context, context_digest=digests)
    resources = list(facts.resources)
    old = resources[place]
    resources[place] = replace(old, facts={**old.facts, name: HIDDEN}, digest=f"{old.digest} without {name}")
    return replace(facts, resources=tuple(resources))


def main(names: list[str]) -> int:
    """Every node of the recordings of these names."""
    wrong = 0
    for name in names or recordings():
        facts = recordings()[name]
        found, paths = normalised(facts), optional(facts)
        places = fact_places(found)
        for line in (*hide_nodes(facts, paths), *hide_facts(found, places)):
            wrong += 1
            print(f"{name}: {line}")
        print(f"{name}: {len(paths)} nodes and {len(places)} facts left out")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
