"""Which machine an address leads to."""

import ipaddress


def is_elsewhere(endpoint: str) -> bool:
    """Whether an engine was read from another machine than its own."""
    return not endpoint.startswith("unix://") and not is_loopback(endpoint.partition("://")[2])


def is_loopback(name: str) -> bool:
    """Whether a range, address or host (with its port) is this very machine."""
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    host = name.rpartition(":")[0] if name.rpartition(":")[2].isdigit() and name.count(":") == 1 else name
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_network(host.strip("[]"), strict=False).is_loopback
    except ValueError:
        return False
