"""Compares what two agents saw of one host, and names what an emulator changes."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from agents.tests.machines.interpreters import Interpreter

Told = dict[str, Any]  # a snapshot
Collect = Callable[[Interpreter, str], Told]  # collects with an interpreter, in a state directory of that name
TRIES = 4

# Places of facts that differ under qemu's user emulation, and why.
EMULATION = {
    "Host.Architecture": "uname names the emulated processor: that is what the emulator is for",
    "Host.AuditRules": "qemu-user passes no question about audit rules on to the kernel (EINVAL)",
    "Sources.host.audit": "the same: this source fails, and says so",
}
# Outside the facts differ: id, times and duration, the free disk and memory of the moment, the version of Python, and
# the digest, because it covers the facts above.


def facts_of(snapshot: dict[str, Any]) -> dict[str, Any]:
    """The facts, with sources by name."""
    facts: dict[str, Any] = dict(snapshot["facts"])
    facts["Sources"] = {source["Name"]: source for source in facts["Sources"]}
    return facts


def differences(one: Any, other: Any, place: str = "") -> Iterator[str]:
    """The places at which two JSON values differ, `Engines.0.Containers.3.Name`; types count, 1 is not True."""
    if type(one) is not type(other):
        yield place
    elif isinstance(one, dict):
        for key in sorted(set(one) | set(other)):
            if key not in one or key not in other:
                yield f"{place}.{key}".lstrip(".")
            else:
                yield from differences(one[key], other[key], f"{place}.{key}".lstrip("."))
    elif isinstance(one, list):
        if len(one) != len(other):
            yield place
        for number, (first, second) in enumerate(zip(one, other, strict=False)):
            yield from differences(first, second, f"{place}.{number}")
    elif one != other:
        yield place


def unexplained(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Differences between two snapshots' facts that emulation does not explain."""
    found = differences(facts_of(one), facts_of(other))
    return [place for place in found if not place.startswith(tuple(EMULATION))]


@dataclass(frozen=True)
class Pair:
    """What the native agent saw and what another one saw right after it."""

    native: Told
    other: Told


def pair(collect: Collect, python: Interpreter, name: str) -> Pair:
    """Both on one host. Others may start or end a service on it meanwhile, so what differs is looked at again."""
    for _ in range(TRIES):
        found = Pair(collect(Interpreter((sys.executable,)), f"native beside {name}"), collect(python, name))
        if not unexplained(found.native, found.other):
            break
    return found
