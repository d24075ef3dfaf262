"""Where a Podman listens on TCP. It is a service on demand without options that could be read: the sockets of the host
tell, by the name of the program that holds them."""

from msgspec import UnsetType

from posture.facts.addresses import is_elsewhere
from posture.facts.engine import EngineState
from posture.facts.observed import NOT_COLLECTED
from posture.facts.values import Value
from posture.facts.wire.host import Listener

_SERVICE = "podman"


def podman_listeners(state: EngineState) -> dict[str, Value]:
    """TcpListeners and UnprotectedTcpListeners. Podman asks nobody who is there; of a service behind TLS, which newer
    ones offer, nobody knows whether it wants certificates."""
    endpoint = state.engine.Endpoint
    scheme, _, address = endpoint.partition("://")
    own = () if scheme == "unix" else (f"tcp://{address}",)
    found = own if is_elsewhere(endpoint) else _with_services(own, state.host.Listeners)
    if not found and not is_elsewhere(endpoint) and _hides_one(state.host.Listeners):
        return {"TcpListeners": NOT_COLLECTED, "UnprotectedTcpListeners": NOT_COLLECTED}
    return {"TcpListeners": found, "UnprotectedTcpListeners": NOT_COLLECTED if scheme == "https" else found}


def _with_services(own: tuple[str, ...], listeners: list[Listener] | UnsetType) -> tuple[str, ...]:
    ports = {int(endpoint.rpartition(":")[2]) for endpoint in own}
    known = () if isinstance(listeners, UnsetType) else listeners
    services = {
        f"tcp://{_bracketed(one.Address)}:{one.Port}"
        for one in known
        if one.Protocol == "tcp" and one.Program == _SERVICE and one.Port not in ports
    }
    return (*own, *sorted(services))


def _hides_one(listeners: list[Listener] | UnsetType) -> bool:
    """Whether a service may be there that nobody saw: a socket whose program is hidden may be one."""
    if isinstance(listeners, UnsetType):
        return True
    return any(one.Protocol == "tcp" and isinstance(one.Program, UnsetType) for one in listeners)


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
