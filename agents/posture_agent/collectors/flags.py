"""dockerd's options: one table for the command line and for daemon.json, and a parser for the command line.

Source of names and types: ``dockerd --help`` of 1.10 to 28 and the documentation of daemon.json. Options that are not
in the table, and values that may hold secrets, stay on the host.
"""

from __future__ import annotations

from ..shape import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

BOOLEANS = words(
    "allow-direct-routing debug disable-legacy-registry experimental icc init ip-forward ip-forward-no-drop ip-masq "
    "ip6tables iptables ipv6 live-restore no-new-privileges raw-logs rootless selinux-enabled tls tlsverify "
    "userland-proxy"
)
INTEGERS = words(
    "max-concurrent-downloads max-concurrent-uploads max-download-attempts mtu network-control-plane-mtu "
    "oom-score-adjust shutdown-timeout"
)
TEXTS = words(
    "api-cors-header bip bip6 bridge cgroup-parent config-file containerd containerd-namespace data-root "
    "default-cgroupns-mode default-gateway default-gateway-v6 default-ipc-mode default-runtime default-shm-size "
    "exec-root firewall-backend fixed-cidr fixed-cidr-v6 group host-gateway-ip init-path ip log-driver log-format "
    "log-level metrics-addr pidfile seccomp-profile storage-driver tlscacert tlscert tlskey userland-proxy-path "
    "userns-remap"
)
LISTS = {  # spelling on the command line → key of daemon.json
    "host": "hosts",
    "insecure-registry": "insecure-registries",
    "registry-mirror": "registry-mirrors",
    "storage-opt": "storage-opts",
    "authorization-plugin": "authorization-plugins",
    "exec-opt": "exec-opts",
    "dns": "dns",
    "dns-opt": "dns-opts",
    "dns-search": "dns-search",
    "allow-nondistributable-artifacts": "allow-nondistributable-artifacts",
}
MAPS = {"default-ulimit": "default-ulimits", "log-opt": "log-opts", "add-runtime": "runtimes"}
# Options with values that never leave the host; known so that the parser does not take a value for a flag.
WITHHELD = words(
    "label http-proxy https-proxy no-proxy cluster-advertise cluster-store cluster-store-opt default-address-pool "
    "default-network-opt node-generic-resource swarm-default-advertise-addr cpu-rt-period cpu-rt-runtime "
    "containerd-plugins-namespace cdi-spec-dir feature host-gateway-ips"
)
ALIASES = {"graph": "data-root", "hosts": "host", "api-enable-cors": "api-cors-header"}
SHORTHANDS = {
    "D": "debug", "H": "host", "G": "group", "b": "bridge", "g": "data-root", "l": "log-level", "p": "pidfile",
    "s": "storage-driver",
}  # fmt: skip
TRUE = ("1", "t", "T", "true", "TRUE", "True")
FALSE = ("0", "f", "F", "false", "FALSE", "False")
# Switches without a value that carry no fact.
SWITCHES = ("validate", "version", "help")


def parse(arguments: list[str]) -> dict[str, Any]:
    """The options of a dockerd command line (without the program), keyed and typed like daemon.json.

    Raises ValueError when an option lacks its value or has one of another type: such a dockerd would not have
    started, so the line was read wrongly.
    """
    values: dict[str, Any] = {}
    words = list(arguments)
    while words:
        word = words.pop(0)
        if word == "--" or not word.startswith("-") or word == "-":
            continue
        for name, value in split(word):
            if value is None and not is_switch(name):
                if not words:
                    raise ValueError("an option lacks its value")
                value = words.pop(0)
            store(values, name, value)
    return values


def split(word: str) -> list[tuple[str, str | None]]:
    """(option, value or None) pairs of one word: ``--x=y``, ``--x``, ``-x``, ``-xVALUE``, ``-x=VALUE``, ``-Dx``.

    One dash before a long name was how dockerd spelt its options before 1.10, and is still met in old unit files.
    """
    name, separator, value = word.lstrip("-").partition("=")
    canonical = ALIASES.get(name, name)
    if word.startswith("--") or (len(name) > 1 and is_known(canonical)):
        return [(canonical, value if separator else None)]
    pairs: list[tuple[str, str | None]] = []
    letters = word[1:]
    while letters:
        canonical = SHORTHANDS.get(letters[0], letters[0])
        letters = letters[1:]
        if letters.startswith("=") or (letters and not is_switch(canonical)):
            return [*pairs, (canonical, letters[letters.startswith("=") :])]
        pairs.append((canonical, None))
    return pairs


def is_known(name: str) -> bool:
    """Whether the table has the option."""
    return name in BOOLEANS or takes_value(name)


def is_switch(name: str) -> bool:
    """Whether the option needs no value: booleans, and options nobody told us about."""
    return not takes_value(name)


def takes_value(name: str) -> bool:
    """Whether the option consumes the next word when it has no ``=``."""
    return name in INTEGERS or name in TEXTS or name in LISTS or name in MAPS or name in WITHHELD


def store(values: dict[str, Any], name: str, text: str | None) -> None:
    """Add one option to ``values``; repeated lists grow, other repeated options are overwritten."""
    if name in BOOLEANS:
        if text is not None and text not in TRUE + FALSE:
            raise ValueError("a switch has a value that is no boolean")
        values[name] = text is None or text in TRUE
    elif text is None:
        return
    elif name in INTEGERS:
        values[name] = int(text, 0)
    elif name in TEXTS:
        values[name] = text[:4096]
    elif name in LISTS:
        values.setdefault(LISTS[name], []).append(without_credentials(text))
    elif name in MAPS:
        key, _, value = text.partition("=")
        values.setdefault(MAPS[name], {})[key[:256]] = reduced_entry(MAPS[name], key, value)


def reduced_entry(option: str, key: str, value: str) -> Any:
    """One entry of a map option, reduced to what may leave the host."""
    if option == "default-ulimits":
        soft, _, hard = value.partition(":")
        return {"Name": key[:256], "Soft": int(soft), "Hard": int(hard or soft)}
    if option == "runtimes":
        return {"path": value[:4096]}
    return log_option(key, value)


def log_option(name: str, value: Any) -> Any:
    """An option of the default log driver: an address becomes its scheme and whether it is local, the rest null."""
    if not name.endswith(("address", "-url")) or not isinstance(value, str) or not value:
        return None
    scheme, separator, rest = value.partition("://")
    if not separator:
        scheme, rest = "tcp", value  # fluentd's form
    host = rest.rpartition("@")[2].split("/")[0]
    host = host[1:].split("]")[0] if host.startswith("[") else host.rsplit(":", 1)[0]
    local = scheme.startswith("unix") or host.startswith("127.") or host in ("", "localhost", "::1")
    return "%s %s" % (scheme[:32], "local" if local else "remote")


def without_credentials(text: str) -> str:
    """An address without user name and password."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        return text[:4096]
    authority, slash, path = rest.partition("/")
    return (scheme + separator + authority.rpartition("@")[2] + slash + path)[:4096]


def from_file(document: Any) -> dict[str, Any]:
    """The listed options of a parsed daemon.json, each with its own type; others stay on the host."""
    if not isinstance(document, dict):
        raise ValueError("daemon.json holds no object")
    values: dict[str, Any] = {}
    for name, value in document.items():
        key = "data-root" if name == "graph" else name
        kind = bool if key in BOOLEANS else int if key in INTEGERS else None
        if kind is not None and isinstance(value, kind):
            values[key] = value
        elif key in TEXTS and isinstance(value, str):
            values[key] = value[:4096]
        elif key in LISTS.values() and isinstance(value, list):
            values[key] = [without_credentials(item) for item in value if isinstance(item, str)]
        elif key in MAPS.values() and isinstance(value, dict):
            values[key] = {str(entry)[:256]: reduced_setting(key, str(entry), item) for entry, item in value.items()}
    return values


def reduced_setting(option: str, key: str, item: Any) -> Any:
    """One entry of a map in daemon.json, reduced like those of the command line."""
    if option == "log-opts":
        return log_option(key, item)
    keys = {"Name": str, "Soft": int, "Hard": int} if option == "default-ulimits" else {"path": str}
    if not isinstance(item, dict):
        raise ValueError("an entry of %s holds no object" % option)
    return {name: item[name] for name, kind in keys.items() if isinstance(item.get(name), kind)}
