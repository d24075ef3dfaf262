"""Makes a collection fit into what the server takes: a report without its longest list is better than none."""

from __future__ import annotations

from .packing import compressed
from .reading import TOO_LARGE
from .wire import canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator

MOST = 2**53  # bytes; a longer number has no room in the journal
LIMITS = {"compressed": 2 * 1024 * 1024, "expanded": 16 * 1024 * 1024}  # bytes, until a server says otherwise
ENVELOPE = 8 * 1024  # bytes for what is around facts and readings
DETAIL = "The whole report would be larger than the server takes, so this part of it was left out."
# The parts of a host and of an engine that can grow, with their sources; volatile readings go with the containers.
OF_HOST = {
    "Accounts": "host.accounts",
    "AuditRules": "host.audit",
    "BlockDevices": "host.devices",
    "Files": "host.files",
    "Groups": "host.groups",
    "Listeners": "host.listeners",
    "Mounts": "host.mounts",
    "Sudoers": "host.sudoers",
}
OF_ENGINE = {
    "Containers": "containers processes",
    "Daemon": "daemon",
    "Images": "images",
    "Networks": "networks",
    "Services": "services",
}


def fit(facts: dict[str, Any], volatile: dict[str, Any], limits: dict[str, int]) -> bytes:
    """Leave the largest parts out until the rest fits, their sources ``too_large``; the facts' canonical form."""
    while True:
        text = canonical(facts)
        if fits(text + canonical(volatile), limits):
            return text
        parts = [(len(canonical(holder[key])), number, holder, key) for number, holder, key in growing(facts)]
        if not parts:
            return text  # the server says what is wrong with it
        _size, _number, holder, key = max(parts, key=lambda part: part[:2])
        del holder[key]
        sources = OF_HOST[key].split() if holder is facts["Host"] else OF_ENGINE[key].split()
        prefix = "" if holder is facts["Host"] else holder["Key"] + "."
        if key == "Containers":
            volatile.get("Engines", {}).pop(holder["Key"], None)
        for name in sources:
            failed(facts["Sources"], prefix + name)


def fits(text: bytes, limits: dict[str, int]) -> bool:
    """Whether facts and readings are within limits, in bytes, with what will be around them."""
    if len(text) + ENVELOPE > limits["expanded"]:
        return False
    return len(text) + ENVELOPE <= limits["compressed"] or len(compressed(text)) + ENVELOPE <= limits["compressed"]


def growing(facts: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any], str]]:
    """(number, holder, key) of each part that may be left out."""
    holders = [(facts["Host"], OF_HOST)] + [(engine, OF_ENGINE) for engine in facts["Engines"]]
    for number, (holder, names) in enumerate(holders):
        for key in names:
            if holder.get(key):
                yield number, holder, key


def failed(sources: list[dict[str, Any]], name: str) -> None:
    """Say of a source that its part was left out."""
    for entry in sources:
        if entry["Name"] == name:
            entry.update({"Status": "failed", "Reason": TOO_LARGE, "Detail": DETAIL})


def usable(limits: Any) -> dict[str, int]:
    """The limits of a server's answer; ours where it names none that make sense."""
    found = dict(LIMITS)
    for name in found:
        value = limits.get(name) if isinstance(limits, dict) else None
        if isinstance(value, int) and 2 * ENVELOPE <= value <= MOST:
            found[name] = value
    return found
