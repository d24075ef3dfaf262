"""Keys of resources: what stays the same when a thing is made anew."""

import hashlib
from collections.abc import Mapping

from msgspec import UnsetType

from posture.facts.wire.container import Container
from posture.facts.wire.image import Image

_MAXIMUM = 200  # characters; longer names keep their beginning and get a digest
_COMPOSE = "com.docker.compose."
_SWARM = "com.docker.swarm."


def bounded(key: str) -> str:
    if len(key) <= _MAXIMUM:
        return key
    return f"{key[: _MAXIMUM - 17]}~{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def container_key(container: Container) -> str:
    """Swarm service and slot, else compose project, service and number, else the name."""
    labels: Mapping[str, str] = {}
    if not isinstance(container.Config, UnsetType) and not isinstance(container.Config.Labels, UnsetType):
        labels = container.Config.Labels
    service = labels.get(_SWARM + "service.name")
    task = labels.get(_SWARM + "task.name", "")
    slot = task.removeprefix(f"{service}.").partition(".")[0]
    if service and slot:
        return f"swarm:{service}/{slot}"
    parts = [labels.get(_COMPOSE + name, "") for name in ("project", "service", "container-number")]
    return f"compose:{'/'.join(parts)}" if all(parts) else f"name:{container.Name}"


def image_key(image: Image) -> str:
    """The first tag, else the first digest, else the id."""
    return image_name(image) or image.Id


def image_name(image: Image) -> str:
    tags = [] if isinstance(image.RepoTags, UnsetType) else image.RepoTags or []
    digests = [] if isinstance(image.RepoDigests, UnsetType) else image.RepoDigests or []
    named = [name for name in sorted(tags) + sorted(digests) if not name.startswith("<none>")]
    return named[0] if named else ""
