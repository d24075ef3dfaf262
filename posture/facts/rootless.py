"""Which paths of the host belong to engines that run without root, and so to their users."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import UnsetType

from posture.facts.engine import EngineState
from posture.facts.mounts import canonical_path
from posture.facts.values import Unseen

_TLS_OPTIONS = ("tlscacert", "tlscert", "tlskey")
_CONTAINERD = "/containerd/containerd.sock"  # below the exec-root: of a containerd that dockerd runs for itself
RootlessPlaces = Mapping[str, bool | Unseen]


def rootless_places(engines: Iterable[EngineState]) -> RootlessPlaces:
    """By path, of what engines name: whether all that name it run without root. What none names is the host's own.

    Where a path lies says nothing: root's engine may have its socket in somebody's home.
    """
    places: dict[str, bool | Unseen] = {}
    for engine in engines:
        answer = engine.rootless()
        for path in frozenset(_named(engine)):
            places[path] = _both(places.get(path, True), answer)
    return places


def rootless_file(path: str, places: RootlessPlaces) -> bool | Unseen:
    return places.get(canonical_path(path), False)


def _both(one: bool | Unseen, other: bool | Unseen) -> bool | Unseen:
    if one is False or other is False:
        return False
    return other if one is True else one


def _named(state: EngineState) -> Iterator[str]:
    """Absolute paths in an engine's endpoint, information and options."""
    daemon = state.engine.Daemon
    found: list[object] = [state.engine.Endpoint.removeprefix("unix://"), state.info.DockerRootDir]
    found.append("" if isinstance(daemon, UnsetType) else daemon.FilePath)
    found.extend(state.options.text(option, "") for option in _TLS_OPTIONS)
    root = state.options.text("exec-root", "")
    found.append(f"{root}{_CONTAINERD}" if isinstance(root, str) and root else "")
    return (canonical_path(path) for path in found if isinstance(path, str) and path.startswith("/"))
