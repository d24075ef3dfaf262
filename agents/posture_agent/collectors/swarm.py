"""The swarm as this node sees it; a manager also sees its settings and services, and how many secrets it keeps."""

from __future__ import annotations

from ..reading import TOO_LARGE, Unreadable
from ..secrets import Marker
from ..shape import Unfit, boolean, integer, natural, pick, short, text
from . import certificates
from .containers import secret_places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

STATE = {"LocalNodeState": short, "ControlAvailable": boolean, "Managers": natural, "Nodes": natural}
MAX_SERVICES = 5000
ANY = "any"  # the restart condition of a service that names none


def state(api: Any, info: Any) -> dict[str, Any]:
    """SwarmState from the info answer and, on a manager, from ``GET /swarm``, ``/nodes`` and ``/secrets``."""
    raw = info.get("Swarm") or {"LocalNodeState": "inactive"}  # Podman has no swarm
    facts = pick(raw, STATE)
    facts.setdefault("LocalNodeState", "inactive")
    if facts.get("ControlAvailable"):
        cluster = api.inspect_swarm()
        spec = cluster.get("Spec") or {}
        facts["AutoLockManagers"] = bool((spec.get("EncryptionConfig") or {}).get("AutoLockManagers", False))
        facts.update(pick(spec.get("CAConfig") or {}, {"NodeCertExpiry": integer}))
        facts.update(pick({"CANotBefore": (cluster.get("TLSInfo") or {}).get("TrustRoot")}, {"CANotBefore": since}))
        nodes = api.nodes()
        facts["Nodes"] = len(nodes)
        facts["Managers"] = sum(1 for node in nodes if (node.get("Spec") or {}).get("Role") == "manager")
        facts["Secrets"] = len(api.secrets())
    return facts


def since(root: Any) -> str:
    """Since when a root certificate in PEM is valid, or Unfit."""
    try:
        return certificates.not_before(root)
    except (TypeError, ValueError):
        raise Unfit from None


def services(api: Any, marker: Marker) -> list[dict[str, Any]]:
    """Services of the swarm by name."""
    listed = api.services()
    if len(listed) > MAX_SERVICES:
        raise Unreadable(TOO_LARGE, "The swarm has more than %d services." % MAX_SERVICES)
    return sorted((service(raw["Spec"], marker) for raw in listed), key=lambda one: str(one["Name"]))


def service(spec: Any, marker: Marker) -> dict[str, Any]:
    """Service of a specification; its values are looked at and left here."""
    task = spec.get("TaskTemplate") or {}
    container = task.get("ContainerSpec") or {}
    restart = task.get("RestartPolicy") or {}
    places = named("Labels", spec.get("Labels"))
    places += named("LogDriver.Options", (task.get("LogDriver") or {}).get("Options"))
    for index, mount in enumerate(container.get("Mounts") or []):  # a network share's password is an option of a volume
        driver = (mount.get("VolumeOptions") or {}).get("DriverConfig") or {}
        places += named("ContainerSpec.Mounts.%d.Options" % index, driver.get("Options"))
    places += secret_places(container, "ContainerSpec", ("Command", "Args"))
    facts = {
        "Name": text(spec["Name"]),
        "Secrets": len(container.get("Secrets") or []),
        "RestartCondition": short(restart.get("Condition") or ANY),
        "Marks": marker.marks(places),
    }
    facts.update(pick({"RestartMaxAttempts": restart.get("MaxAttempts") or 0}, {"RestartMaxAttempts": natural}))
    return facts


def named(place: str, values: Any) -> list[tuple[str, str, str]]:
    """(place, name, text) of each value of a mapping, which may be null."""
    return [("%s.%s" % (place, name), name, str(value)) for name, value in (values or {}).items()]
