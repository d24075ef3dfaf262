"""``GET /info`` and ``GET /version``, reduced to what rules need."""

from __future__ import annotations

from ..shape import Unfit, boolean, each, mapping, natural, or_null, pick, short, text, texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

INFO = {
    "Driver": short,
    "DriverStatus": or_null(each(texts)),
    "DockerRootDir": text,
    "SecurityOptions": or_null(texts),
    "Rootless": boolean,
    "LoggingDriver": short,
    "LiveRestoreEnabled": boolean,
    "Warnings": or_null(texts),
    "MemoryLimit": boolean,
    "SwapLimit": boolean,
    "PidsLimit": boolean,
    "CpuCfsQuota": boolean,
    "CPUShares": boolean,
    "CgroupDriver": short,
    "CgroupVersion": short,
    "KernelVersion": text,
    "OperatingSystem": text,
    "Architecture": short,
    "NCPU": natural,
    "MemTotal": natural,
    "ExperimentalBuild": boolean,
    "Debug": boolean,
    "ServerVersion": short,
    "DefaultRuntime": short,
    "IndexServerAddress": text,
}
VERSION = {
    "Version": short,
    "ApiVersion": short,
    "MinAPIVersion": short,
    "Os": short,
    "Arch": short,
    "KernelVersion": text,
    "Experimental": boolean,
}
# Rows of DriverStatus that change while the engine works; they would make every snapshot a new one.
PASSING_STATUS = ("Data Space", "Metadata Space", "Space", "Dirs", "Free", "Used", "Available", "Library", "Pool")


def info(raw: Any) -> dict[str, Any]:
    """EngineInfo of a raw answer (its Swarm part is read by the swarm collector)."""
    facts = pick(raw, INFO)
    if isinstance(facts.get("DriverStatus"), list):
        facts["DriverStatus"] = [row for row in facts["DriverStatus"] if row and not row[0].startswith(PASSING_STATUS)]
    plugins = pick(raw.get("Plugins"), {"Authorization": or_null(texts)})
    if "Authorization" in plugins:
        facts["AuthorizationPlugins"] = plugins["Authorization"]
    registry = raw.get("RegistryConfig")
    if isinstance(registry, dict):
        facts.update(pick(registry, {"InsecureRegistryCIDRs": or_null(texts)}))
        facts.update(pick({"InsecureIndexes": registry.get("IndexConfigs") or {}}, {"InsecureIndexes": insecure}))
    return facts


def insecure(indexes: Any) -> list[str]:
    """Names of the indexes that are not secure, or Unfit."""
    if not isinstance(indexes, dict) or not all(isinstance(index, dict) for index in indexes.values()):
        raise Unfit
    return sorted(text(name) for name, index in indexes.items() if not index.get("Secure", True))


def version(raw: Any) -> dict[str, Any]:
    """EngineVersion of a raw answer: versions of its components by name."""
    facts = pick(raw, VERSION)
    components = {item["Name"]: item["Version"] for item in raw.get("Components") or []}
    if components:
        facts["Components"] = mapping(components)
        details = raw["Components"][0].get("Details") or {}
        facts.setdefault("Experimental", details.get("Experimental") == "true")
    return facts


def kind(raw: Any) -> str:
    """Kind of the engine that gave a version answer."""
    return "podman" if is_podman(raw) else "docker"


def is_podman(raw: Any) -> bool:
    """Whether a version answer comes from Podman."""
    components = raw.get("Components") if isinstance(raw, dict) else None
    named = [item.get("Name") for item in components if isinstance(item, dict)] if isinstance(components, list) else []
    return any("podman" in str(name).lower() for name in named)
