"""Compares what two agents saw of one host, and names what an emulator changes."""

from collections.abc import Iterator
from typing import Any

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
