"""Facts of one network."""

from collections.abc import Iterator, Mapping

from msgspec import UnsetType

from posture.facts.engine import EngineState, since
from posture.facts.observed import NOT_COLLECTED, of_error, seen
from posture.facts.values import Unseen, Value
from posture.facts.wire.container import Container
from posture.facts.wire.network import Network

_FALSE = frozenset(("false", "0", "f"))
_COMPOSE = "com.docker.compose."
_ATTACHED = ("Members", "Services", "ServiceCount", "Projects", "ProjectCount")
_SERVICE, _STACK = "com.docker.swarm.service.name", "com.docker.stack.namespace"


def network_facts(network: Network, state: EngineState) -> dict[str, Value]:
    """Every fact of the vocabulary about this network."""
    icc: Value = NOT_COLLECTED
    encrypted: Value = NOT_COLLECTED
    if not isinstance(network.Options, UnsetType):
        options = network.Options or {}
        icc = options.get("com.docker.network.bridge.enable_icc", "true").lower() not in _FALSE
        encrypted = "encrypted" in options and options["encrypted"].lower() not in _FALSE
    bridge = state.default_bridge()
    return {
        "Driver": seen(network.Driver),
        "Scope": seen(network.Scope),
        "Internal": seen(network.Internal),
        "Icc": icc,
        "Encrypted": encrypted,
        "DefaultBridge": bridge if isinstance(bridge, Unseen) else bridge is not None and bridge.Name == network.Name,
        "Ingress": since(network.Ingress, False, state, 1, 13),
        **_attached(network.Name, state),
    }


def _attached(name: str, state: EngineState) -> Mapping[str, Value]:
    """Who is attached to a network; Unseen as soon as one container does not say where it is."""
    if isinstance(state.containers, Unseen):
        return dict.fromkeys(_ATTACHED, state.containers)
    hidden = next((one for one in state.containers if isinstance(one.Networks, UnsetType)), None)
    if hidden is not None:
        return dict.fromkeys(_ATTACHED, of_error(hidden.Error))
    members = [one for one in state.containers if not isinstance(one.Networks, UnsetType) and name in one.Networks]
    labels = [_labels(one) for one in members]
    untold = any(one is None for one in labels)
    known = [(member, one) for member, one in zip(members, labels, strict=True) if one is not None]
    services = {_service(member, one) for member, one in known}
    projects = {project for _, one in known for project in _projects(one)}
    return {
        "Members": tuple(sorted({member.Name for member in members})),
        "Services": NOT_COLLECTED if untold else tuple(sorted(services)),
        "ServiceCount": NOT_COLLECTED if untold else len(services),
        "Projects": NOT_COLLECTED if untold else tuple(sorted(projects)),
        "ProjectCount": NOT_COLLECTED if untold else len(projects),
    }


def _labels(container: Container) -> Mapping[str, str] | None:
    config = container.Config
    return None if isinstance(config, UnsetType) or isinstance(config.Labels, UnsetType) else config.Labels


def _service(container: Container, labels: Mapping[str, str]) -> str:
    """The swarm service, else 'project/service' of compose, else the container's name."""
    compose = labels.get(_COMPOSE + "service")
    if labels.get(_SERVICE):
        return labels[_SERVICE]
    return f"{labels.get(_COMPOSE + 'project', '')}/{compose}" if compose else container.Name


def _projects(labels: Mapping[str, str]) -> Iterator[str]:
    for key in (_COMPOSE + "project", _STACK):
        if labels.get(key):
            yield labels[key]
