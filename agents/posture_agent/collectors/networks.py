"""The engine's networks."""

from __future__ import annotations

from ..reading import TOO_LARGE, Unreadable
from ..shape import boolean, pick, short, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NETWORK = {
    "Name": text,
    "Driver": short,
    "Scope": short,
    "Internal": boolean,
    "Attachable": boolean,
    "Ingress": boolean,
    "EnableIPv6": boolean,
}
MAX_NETWORKS = 5000


def collect(api: Any) -> list[dict[str, Any]]:
    """Networks of the engine by name; the list already holds what an inspection would."""
    listed = api.networks()
    if len(listed) > MAX_NETWORKS:
        raise Unreadable(TOO_LARGE, "The engine has more than %d networks." % MAX_NETWORKS)
    return sorted((network(raw) for raw in listed), key=lambda item: (item["Name"], item.get("Driver", "")))


def network(raw: Any) -> dict[str, Any]:
    """Network of a raw answer; of its options only the engine's own and ``encrypted``."""
    facts = pick(raw, NETWORK)
    options = raw.get("Options") or {}
    facts["Options"] = {
        str(key)[:256]: str(value)[:4096]
        for key, value in options.items()
        if key.startswith("com.docker.network.") or key == "encrypted"
    }
    configurations = (raw.get("IPAM") or {}).get("Config") or []
    facts["Subnets"] = sorted(text(item["Subnet"]) for item in configurations if item.get("Subnet"))
    return facts
