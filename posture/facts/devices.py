"""Devices and ulimits of a container."""

from collections.abc import Iterable, Mapping

from msgspec import UnsetType

from posture.facts.values import Unseen
from posture.facts.wire.container import Device, DeviceRequest, Ulimit


def host_devices(
    devices: list[Device] | Unseen, requests: list[DeviceRequest] | Unseen, rules: list[str] | Unseen
) -> tuple[str, ...] | Unseen:
    """'path:permissions', 'request:driver', 'rule:…'; Unseen as soon as one of the lists is."""
    found: set[str] = set()
    hidden: Unseen | None = None
    for part in (devices, requests, rules):
        if isinstance(part, Unseen):
            hidden = hidden or part
    if not isinstance(devices, Unseen):
        found |= {f"{_text(device.PathOnHost)}:{permissions(device)}" for device in devices}
    if not isinstance(requests, Unseen):
        found |= {f"request:{_text(request.Driver) or 'any'}" for request in requests}
    if not isinstance(rules, Unseen):
        found |= {f"rule:{rule}" for rule in rules}
    return hidden if hidden is not None else tuple(sorted(found))


def permissions(device: Device) -> str:
    """In the order r, w, m; an engine gives all three when none are named."""
    text = _text(device.CgroupPermissions) or "rwm"
    return text if text == "rwm" else "".join(letter for letter in "rwm" if letter in text)


def widest_permissions(devices: Iterable[Device]) -> tuple[str, ...]:
    return tuple(sorted({_text(device.PathOnHost) for device in devices if permissions(device) == "rwm"}))


def ulimits(limits: Iterable[Ulimit]) -> tuple[str, ...]:
    """'nofile=1024:2048'; Podman writes RLIMIT_NOFILE."""
    return tuple(sorted({f"{_name(limit)}={_number(limit.Soft)}:{_number(limit.Hard)}" for limit in limits}))


def overrides(limits: Iterable[Ulimit], defaults: Mapping[str, object] | Unseen) -> tuple[str, ...] | Unseen:
    """Limits that differ from the daemon's own: it writes those into every container it makes."""
    limits = tuple(limits)
    if not limits:
        return ()
    return defaults if isinstance(defaults, Unseen) else ulimits(one for one in limits if not _default(one, defaults))


def _default(limit: Ulimit, defaults: Mapping[str, object]) -> bool:
    known = defaults.get(_name(limit))
    return isinstance(known, dict) and (known.get("Soft"), known.get("Hard")) == (limit.Soft, limit.Hard)


def _name(limit: Ulimit) -> str:
    return limit.Name.lower().removeprefix("rlimit_")


def _number(value: int | UnsetType) -> str:
    return "" if isinstance(value, UnsetType) else str(value)


def _text(value: str | UnsetType) -> str:
    return "" if isinstance(value, UnsetType) else value
