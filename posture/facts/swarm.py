"""Facts of the swarm that an engine is part of, and of the services that its containers belong to."""

from collections.abc import Mapping

from msgspec import UnsetType

from posture.facts.engine import EngineState
from posture.facts.moments import canonical_moment, parse_moment
from posture.facts.observed import FAILED, NOT_COLLECTED, of_error, seen
from posture.facts.values import Unseen, Value
from posture.facts.wire.swarm import Service, SwarmState

CONTROL_PORTS = frozenset(("2377", "7946"))  # cluster management and gossip
_WILDCARDS = ("0.0.0.0", "[::]", "*")  # noqa: S104 - looked for, not bound
_DAY = 86_400 * 10**9  # nanoseconds
_RESTART = ("ServiceRestartCondition", "ServiceRestartMaxAttempts")


def swarm_state(state: EngineState) -> dict[str, Value]:
    swarm = state.info.Swarm
    if isinstance(swarm, UnsetType):
        before_swarm = state.before(1, 12)  # the mode came with that version
        name: str | Unseen = "inactive" if before_swarm or state.kind == "podman" else state.no_info
    else:
        name = swarm.LocalNodeState or "inactive"
    return {"SwarmActive": name if isinstance(name, Unseen) else name != "inactive", "SwarmState": name}


def swarm_facts(state: EngineState) -> dict[str, Value] | None:
    """Facts of the swarm that this engine is part of; None when it is in none."""
    swarm = state.info.Swarm
    if isinstance(swarm, UnsetType) or swarm.LocalNodeState in ("", "inactive"):
        return None
    return {
        "LocalNodeState": swarm.LocalNodeState,
        "ControlAvailable": seen(swarm.ControlAvailable),
        "Managers": seen(swarm.Managers),
        "AutoLockManagers": seen(swarm.AutoLockManagers),
        "NodeCertExpiry": seen(swarm.NodeCertExpiry),
        "NodeCertDays": _whole_days(seen(swarm.NodeCertExpiry)),
        "CANotBefore": _ca_not_before(swarm),
        "ControlWildcards": _control_wildcards(state),
        "SecretsInServices": _secrets_in_services(state),
    }


def service_facts(labels: Mapping[str, str] | Unseen, state: EngineState) -> dict[str, Value]:
    """How the swarm restarts a container with these labels; an empty condition when it belongs to no service."""
    if isinstance(labels, Unseen):
        return dict.fromkeys(_RESTART, labels)
    name = labels.get("com.docker.swarm.service.name")
    if name is None:
        return {"ServiceRestartCondition": "", "ServiceRestartMaxAttempts": 0}
    if isinstance(state.services, Unseen):
        return dict.fromkeys(_RESTART, state.services)
    service = next((one for one in state.services if one.Name == name), None)
    if service is None:
        return dict.fromkeys(_RESTART, NOT_COLLECTED)
    return {
        "ServiceRestartCondition": seen(service.RestartCondition),
        "ServiceRestartMaxAttempts": seen(service.RestartMaxAttempts),
    }


def _whole_days(nanoseconds: int | Unseen) -> int | Unseen:
    """A life that is no length of time at all tells nothing."""
    if isinstance(nanoseconds, Unseen):
        return nanoseconds
    return -(-nanoseconds // _DAY) if nanoseconds > 0 else FAILED


def _ca_not_before(swarm: SwarmState) -> Value:
    if isinstance(swarm.CANotBefore, UnsetType):
        return NOT_COLLECTED
    moment = parse_moment(swarm.CANotBefore)
    return FAILED if moment is None else canonical_moment(moment)


def _control_wildcards(state: EngineState) -> Value:
    daemon = state.engine.Daemon
    if isinstance(daemon, UnsetType):
        return state.no_daemon
    if isinstance(daemon.Listeners, UnsetType):
        return of_error(daemon.ListenersError)
    found = [text.rpartition(":") for text in daemon.Listeners]
    return tuple(f"{host}:{port}" for host, _, port in found if port in CONTROL_PORTS and host in _WILDCARDS)


def _secrets_in_services(state: EngineState) -> Value:
    """As 'service: pattern at place'. Only a manager sees the services."""
    if isinstance(state.services, Unseen):
        return state.services
    if any(isinstance(service.Marks, UnsetType) for service in state.services):
        return NOT_COLLECTED
    return tuple(sorted({text for service in state.services for text in _marks(service)}))


def _marks(service: Service) -> list[str]:
    marks = [] if isinstance(service.Marks, UnsetType) else service.Marks
    return [f"{service.Name}: {mark.Pattern} at {mark.Place}" for mark in marks]
