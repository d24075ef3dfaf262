"""Facts of one network."""

from msgspec import UnsetType

from posture.facts.observed import NOT_COLLECTED, seen
from posture.facts.snapshot import Network
from posture.facts.values import Value

_FALSE = frozenset(("false", "0", "f"))


def network_facts(network: Network) -> dict[str, Value]:
    """Every fact of the vocabulary about this network."""
    icc: Value = NOT_COLLECTED
    encrypted: Value = NOT_COLLECTED
    if not isinstance(network.Options, UnsetType):
        options = network.Options or {}
        icc = options.get("com.docker.network.bridge.enable_icc", "true").lower() not in _FALSE
        encrypted = "encrypted" in options and options["encrypted"].lower() not in _FALSE
    return {
        "Driver": seen(network.Driver),
        "Scope": seen(network.Scope),
        "Internal": seen(network.Internal),
        "Icc": icc,
        "Encrypted": encrypted,
    }
