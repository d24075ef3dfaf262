"""What an imaginary host looks like at each of its steps: a function of seed, name and step, so that the facts of any
collection can be told again from an agent's journal."""

import random
from typing import Any

import msgspec

from posture.facts.tests import builders
from posture.facts.wire.container import Container
from posture.facts.wire.snapshot import Facts

CONTAINERS = 4
STEP_CHANCE = 0.2  # that a host changed since the collection before


def facts_of(seed: int, name: str, step: int) -> Facts:
    """The facts of a host at a step."""
    return builders.facts([container_of(seed, name, step, slot) for slot in slots_of(step)], host=builders.host(name))


def plain_facts(seed: int, name: str, step: int) -> dict[str, Any]:
    """The same as what travels."""
    plain: dict[str, Any] = msgspec.to_builtins(facts_of(seed, name, step))
    return plain


def slots_of(step: int) -> list[int]:
    """Which containers run: one goes and comes back as the steps go by."""
    return [slot for slot in range(CONTAINERS) if slot != (step // 3) % (2 * CONTAINERS)]


def container_of(seed: int, name: str, step: int, slot: int) -> Container:
    """A container, hardened or not; the slot of the step has changed since the step before."""
    changes = (step + CONTAINERS - 1 - slot) // CONTAINERS
    chance = random.Random(f"{seed} {name} {slot} {changes}")  # noqa: S311 - a story, not a secret
    kind = builders.hardened if chance.random() < 0.5 else builders.container
    return kind(f"service-{slot}", HostConfig={"Memory": chance.choice((0, 2**28, 2**29 + changes))})
