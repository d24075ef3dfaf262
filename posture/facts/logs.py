"""Where logs go."""

from collections.abc import Iterable

from msgspec import UnsetType

from posture.facts.observed import FAILED, NOT_COLLECTED, of_error
from posture.facts.options import Options
from posture.facts.values import Unseen
from posture.facts.wire.container import Container

# Drivers that keep logs on this host or drop them.
LOCAL = frozenset(("json-file", "local", "none", "journald", "k8s-file", "passthrough", "etwlogs", ""))
_ALWAYS_REMOTE = frozenset(("awslogs", "gcplogs", "logentries"))
_ADDRESS = {"syslog": "syslog-address", "gelf": "gelf-address", "fluentd": "fluentd-address", "splunk": "splunk-url"}


def logs_leave_host(driver: str | Unseen, options: Options) -> bool | Unseen:
    """Whether the default driver sends to another machine: by its nature, or by its address."""
    if isinstance(driver, Unseen) or driver in LOCAL:
        return driver if isinstance(driver, Unseen) else False
    if driver in _ALWAYS_REMOTE:
        return True
    if driver not in _ADDRESS:
        return NOT_COLLECTED  # a plugin: what it does with logs cannot be told
    table = options.table("log-opts")
    if isinstance(table, Unseen):
        return table
    if _ADDRESS[driver] not in table:
        return False  # without an address these drivers write to this host
    address = table[_ADDRESS[driver]]
    # the agent leaves "scheme local" or "scheme remote"; null when it could not tell
    return address.endswith(" remote") if isinstance(address, str) else FAILED


def local_log_containers(containers: Iterable[Container] | Unseen) -> tuple[str, ...] | Unseen:
    """Names of containers whose own driver keeps logs here; Unseen when one of them does not say."""
    if isinstance(containers, Unseen):
        return containers
    names: list[str] = []
    for container in containers:
        config = container.HostConfig
        log = None if isinstance(config, UnsetType) else config.LogConfig
        if log is None or isinstance(log, UnsetType) or isinstance(log.Type, UnsetType):
            return of_error(container.Error) if not isinstance(container.Error, UnsetType) else NOT_COLLECTED
        if log.Type in LOCAL:
            names.append(container.Name)
    return tuple(sorted(names))
