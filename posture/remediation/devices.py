"""The devices of a container that a rule found no fault with."""

from collections.abc import Mapping, Sequence

from posture.facts.values import Value
from posture.remediation.offending import Parameters, without_allowed

_ALL = "rwm"


def faulty_devices(facts: Mapping[str, Value], parameters: Parameters) -> frozenset[str]:
    """Items of the fact HostDevices that are not declared. The rule that takes declarations also refuses all rights
    at once, declared or not."""
    if "declared" not in parameters:
        return frozenset(without_allowed(facts, "HostDevices", parameters, "allowed_devices"))
    every = without_allowed(facts, "HostDevices", {}, "")
    wide = frozenset(item for item in every if item.endswith(_ALL) or item.startswith("rule:a"))
    return wide.union(without_allowed(facts, "HostDevices", parameters, "declared"))


def kept_devices(devices: Sequence[str], facts: Mapping[str, Value], parameters: Parameters) -> tuple[str, ...]:
    """``devices`` are 'outside:inside:rights'."""
    faulty = faulty_devices(facts, parameters)
    return tuple(device for device in devices if _item(device) not in faulty)


def _item(device: str) -> str:
    """As the fact writes it: the path on the host and the rights in the order r, w, m."""
    places, _, rights = device.rpartition(":")
    half = (len(places) - 1) // 2
    outside = places[:half] if places[:half] == places[half + 1 :] else places.partition(":")[0]
    return f"{outside}:{''.join(right for right in _ALL if right in rights) or rights}"
