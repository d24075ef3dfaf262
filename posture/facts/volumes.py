"""What several containers of an engine may write."""

from collections.abc import Iterable, Iterator

from msgspec import UnsetType

from posture.facts.mounts import canonical_path, is_bind, is_volume
from posture.facts.observed import NOT_COLLECTED, of_error
from posture.facts.values import Unseen
from posture.facts.wire.container import Container, Mount


def volumes_written_by_many(containers: Iterable[Container] | Unseen) -> tuple[str, ...] | Unseen:
    """Volumes by name and host paths that more than one container may write, as 'source: a, b'."""
    if isinstance(containers, Unseen):
        return containers
    writers: dict[str, set[str]] = {}
    for container in containers:
        if isinstance(container.Mounts, UnsetType):
            return of_error(container.Error)
        for source in _written(container.Mounts or ()):
            if isinstance(source, Unseen):
                return source
            writers.setdefault(source, set()).add(container.Name)
    return tuple(f"{source}: {', '.join(sorted(names))}" for source, names in sorted(writers.items()) if len(names) > 1)


def _written(mounts: Iterable[Mount]) -> Iterator[str | Unseen]:
    """Sources of the mounts that may be written. Mounts of other kinds (tmpfs) have none."""
    for mount in mounts:
        if mount.RW is False or not (is_bind(mount) or is_volume(mount)):
            continue
        name = mount.Name if is_volume(mount) else mount.Source
        if isinstance(mount.RW, UnsetType) or isinstance(name, UnsetType) or not name:
            yield NOT_COLLECTED
        elif is_volume(mount):
            yield name
        else:
            yield canonical_path(name) if name.startswith("/") else NOT_COLLECTED
