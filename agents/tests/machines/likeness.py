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


@dataclass(frozen=True)
class Pair:
    """What another agent saw, and what the native one saw right before and right after it."""

    native: Told
    other: Told
    after: Told

    def differences(self) -> list[str]:
        """The places of facts at which both differ. Others start and end services on a busy host meanwhile: what came
        or went between the native agent's two looks is left out of the listeners, everything else is compared."""
        one, other, after = (facts_of(told) for told in (self.native, self.other, self.after))
        passing = [item for item in listeners(one) if item not in listeners(after)]
        passing += [item for item in listeners(after) if item not in listeners(one)]
        for facts in (one, other):
            facts["Host"] = {**facts["Host"], "Listeners": [item for item in listeners(facts) if item not in passing]}
        return list(differences(one, other))

    def unexplained(self) -> list[str]:
        """Those that emulation does not explain."""
        return [place for place in self.differences() if not place.startswith(tuple(EMULATION))]


def listeners(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """The sockets of the host that wait for strangers."""
    found: list[dict[str, Any]] = facts["Host"]["Listeners"]
    return found


def pair(collect: Collect, python: Interpreter, name: str) -> Pair:
    """All on one host. What differs is looked at again: something else of the host may have changed just then."""
    native, beside = Interpreter((sys.executable,)), f"native beside {name}"
    for _ in range(TRIES):
        found = Pair(collect(native, beside), collect(python, name), collect(native, beside))
        if not found.unexplained():
            break
    return found
