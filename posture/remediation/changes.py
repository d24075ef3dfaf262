"""What each rule's fix changes in the way a container is created: blueprint in, blueprint out.

One entry a rule, found by grep. A rule that is not here is not fixed by creating the container anew.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from posture.facts.values import Value
from posture.remediation.blueprint import LABEL_DISABLED, Blueprint
from posture.remediation.devices import faulty_devices, kept_devices
from posture.remediation.mounts import Mount, private, read_only_mounts, without
from posture.remediation.offending import Parameters
from posture.remediation.ports import on_loopback, unprivileged
from posture.remediation.suggestions import HEALTH_PORT, MEBIBYTE, Suggestions, health_command

_NANO = 1_000_000_000
_SCRATCH = ("/tmp", "/run", "/var/run", "/var/tmp")  # noqa: S108 - inside the container
# What container-listed-capabilities-dropped wants gone by default.
_SELDOM_NEEDED = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "SETFCAP", "SETPCAP")


@dataclass(frozen=True, slots=True)
class Background:
    """What a change may look at besides the blueprint."""

    facts: Mapping[str, Value]
    suggestions: Suggestions
    parameters: Parameters = field(default_factory=dict)


Change = Callable[[Blueprint, Background], Blueprint]


def _cleared(blueprint: Blueprint, _background: Background, *, options: tuple[str, ...]) -> Blueprint:
    """The options back at their empty value."""
    empty = Blueprint(name="", image="")
    return replace(blueprint, **{option: getattr(empty, option) for option in options})


def clear(*options: str) -> Change:
    return partial(_cleared, options=options)


_unprivileged = clear("privileged")


def _other_security(blueprint: Blueprint, *names: str) -> tuple[str, ...]:
    """Security options but those of these names; both ``name=value`` and ``name:value`` are spelled."""
    return tuple(option for option in blueprint.security if option.replace(":", "=").split("=")[0] not in names)


def _apparmor(blueprint: Blueprint, _: Background) -> Blueprint:
    return replace(blueprint, security=(*_other_security(blueprint, "apparmor"), "apparmor=docker-default"))


def _selinux(blueprint: Blueprint, background: Background) -> Blueprint:
    """Engines switch the label off beside privileges and the host's pid and ipc namespaces."""
    labelled = tuple(option for option in blueprint.security if option not in LABEL_DISABLED)
    shared = tuple(option for option in ("pid", "ipc") if getattr(blueprint, option) == "host")
    return replace(_cleared(blueprint, background, options=("privileged", *shared)), security=labelled)


def _seccomp(blueprint: Blueprint, background: Background) -> Blueprint:
    return replace(_unprivileged(blueprint, background), security=_other_security(blueprint, "seccomp"))


def _no_new_privileges(blueprint: Blueprint, _: Background) -> Blueprint:
    return replace(blueprint, security=(*_other_security(blueprint, "no-new-privileges"), "no-new-privileges:true"))


def _declared_devices(blueprint: Blueprint, background: Background) -> Blueprint:
    """Without the devices that were found fault with."""
    found = faulty_devices(background.facts, background.parameters)
    rules = tuple(rule for rule in blueprint.device_rules if f"rule:{rule}" not in found)
    gpus = () if any(item.startswith("request:") for item in found) else blueprint.gpus
    devices = kept_devices(blueprint.devices, background.facts, background.parameters)
    return replace(_unprivileged(blueprint, background), devices=devices, device_rules=rules, gpus=gpus)


def _capabilities(blueprint: Blueprint, background: Background) -> Blueprint:
    dropped = blueprint.capabilities_dropped
    if not {name.upper().removeprefix("CAP_") for name in dropped} & {"ALL", "NET_RAW"}:
        dropped = (*dropped, "NET_RAW")
    return replace(_unprivileged(blueprint, background), capabilities_added=(), capabilities_dropped=dropped)


def _listed_capabilities(blueprint: Blueprint, background: Background) -> Blueprint:
    dropped = blueprint.capabilities_dropped
    gone = {name.upper().removeprefix("CAP_") for name in dropped}
    if "ALL" not in gone:
        dropped = (*dropped, *(name for name in _SELDOM_NEEDED if name not in gone))
    return replace(_unprivileged(blueprint, background), capabilities_added=(), capabilities_dropped=dropped)


def _own_namespaces(blueprint: Blueprint, background: Background) -> Blueprint:
    """Those of a neighbour are left; the host's are another rule's matter."""
    modes = {option: getattr(blueprint, option) for option in ("pid", "ipc", "uts")}
    shared = tuple(one for one in modes if modes[one] == "pod" or modes[one].startswith(("container:", "ns:")))
    return _cleared(blueprint, background, options=shared)


def _no_capabilities(blueprint: Blueprint, background: Background) -> Blueprint:
    return replace(_unprivileged(blueprint, background), capabilities_added=(), capabilities_dropped=("ALL",))


def _own_user_namespace(blueprint: Blueprint, background: Background) -> Blueprint:
    return replace(_seccomp(blueprint, background), userns="")


def _no_host_trees(blueprint: Blueprint, background: Background) -> Blueprint:
    mounts = without(blueprint.mounts, background.facts, ("HostTreeMounts",))
    return replace(_unprivileged(blueprint, background), mounts=mounts)


def _read_only_binds(blueprint: Blueprint, background: Background) -> Blueprint:
    return replace(blueprint, mounts=read_only_mounts(blueprint.mounts, background.facts, background.parameters))


def _scratch_in_memory(blueprint: Blueprint, _: Background) -> Blueprint:
    """No writable mount at a place for scratch files, and /tmp in memory."""
    mounts = tuple(mount for mount in blueprint.mounts if mount.read_only or not _scratch(mount))
    covered = {*blueprint.tmpfs, *(mount.destination for mount in mounts)}
    added = tuple(place for place in ("/tmp",) if place not in covered)  # noqa: S108 - inside the container
    return replace(blueprint, mounts=mounts, tmpfs=(*blueprint.tmpfs, *added))


def _scratch(mount: Mount) -> bool:
    return mount.kind != "tmpfs" and any(f"{mount.destination}/".startswith(f"{place}/") for place in _SCRATCH)


def _safe_mounts(blueprint: Blueprint, background: Background) -> Blueprint:
    return replace(blueprint, mounts=without(blueprint.mounts, background.facts))


def _private_mounts(blueprint: Blueprint, _: Background) -> Blueprint:
    return replace(blueprint, mounts=private(blueprint.mounts))


def _high_ports(blueprint: Blueprint, _: Background) -> Blueprint:
    return replace(blueprint, ports=unprivileged(blueprint.ports))


def _loopback_ports(blueprint: Blueprint, _: Background) -> Blueprint:
    return replace(blueprint, ports=on_loopback(blueprint.ports), publish_all=False)


def _own_network(blueprint: Blueprint, _: Background) -> Blueprint:
    """A network the container is on already, else one of its own."""
    if blueprint.more_networks:
        return replace(blueprint, network=blueprint.more_networks[0], more_networks=blueprint.more_networks[1:])
    return replace(blueprint, network=f"{blueprint.name}-net", new_network=True)


def _no_host_network(blueprint: Blueprint, background: Background) -> Blueprint:
    ports = blueprint.ports or on_loopback(unprivileged(blueprint.exposed))
    return replace(_own_network(blueprint, background), ports=ports)


def _memory(blueprint: Blueprint, background: Background) -> Blueprint:
    limit = background.suggestions.memory * MEBIBYTE
    reservation = min(blueprint.memory_reservation, limit)
    return replace(blueprint, memory=limit, memory_swap=limit, memory_reservation=reservation)


def _cpus(blueprint: Blueprint, background: Background) -> Blueprint:
    return replace(blueprint, nano_cpus=round(float(background.suggestions.cpus) * _NANO), cpu_quota=0, cpu_period=0)


def _cpu_shares(blueprint: Blueprint, _: Background) -> Blueprint:
    return replace(blueprint, cpu_shares=512)  # half of the default


def _pids(blueprint: Blueprint, background: Background) -> Blueprint:
    return replace(blueprint, pids_limit=background.suggestions.pids)


def _read_only(blueprint: Blueprint, _: Background) -> Blueprint:
    covered = {*blueprint.tmpfs, *(mount.destination for mount in blueprint.mounts)}
    added = tuple(place for place in ("/tmp", "/run") if place not in covered)  # noqa: S108 - inside the container
    return replace(blueprint, read_only=True, tmpfs=(*blueprint.tmpfs, *added))


def _restart(blueprint: Blueprint, _: Background) -> Blueprint:
    return replace(blueprint, restart="on-failure:5")


def _restart_for_ever(blueprint: Blueprint, _: Background) -> Blueprint:
    return replace(blueprint, restart="unless-stopped")


def _health(blueprint: Blueprint, background: Background) -> Blueprint:
    if background.facts.get("Healthcheck") is True:  # it has one, which says unhealthy
        return blueprint
    port = int(blueprint.exposed[0].host_port) if blueprint.exposed else HEALTH_PORT
    return replace(blueprint, health_command=health_command(port))


def _user(blueprint: Blueprint, background: Background) -> Blueprint:
    return replace(blueprint, user=background.suggestions.user)


def _unchanged(blueprint: Blueprint, _: Background) -> Blueprint:
    return blueprint


CHANGES: Mapping[str, Change] = {
    "container-added-capabilities": _no_capabilities,
    "container-apparmor": _apparmor,
    "container-apparmor-applied": _apparmor,
    "container-bound-address": _loopback_ports,
    "container-bounded-storage": _read_only,
    "container-capabilities": _capabilities,
    "container-cpu-bound": _cpus,
    "container-cpu-cap": _cpus,
    "container-cpu-shares": _cpus,
    "container-cpu-weight": _cpu_shares,
    "container-default-cgroup": clear("cgroup_parent"),
    "container-device-permissions": _declared_devices,
    "container-devices": _declared_devices,
    "container-disk-quota": _read_only,
    "container-drop-all": _no_capabilities,
    "container-engine-socket-approved": _safe_mounts,
    "container-healthcheck": _health,
    "container-host-trees": _no_host_trees,
    "container-listed-capabilities-dropped": _listed_capabilities,
    "container-memory-and-swap": _memory,
    "container-memory-limit": _memory,
    "container-no-default-bridge": _own_network,
    "container-no-engine-socket": _safe_mounts,
    "container-no-host-ipc": clear("ipc"),
    "container-no-host-network": _no_host_network,
    "container-no-host-pid": clear("pid"),
    "container-no-host-userns": clear("userns"),
    "container-no-host-uts": clear("uts"),
    "container-no-neighbour-namespaces": _own_namespaces,
    "container-no-new-privileges": _no_new_privileges,
    "container-no-privileged-ports": _high_ports,
    "container-no-publish-all": _loopback_ports,
    "container-no-sensitive-mounts": _safe_mounts,
    "container-no-sudo": _no_new_privileges,
    "container-not-privileged": _unprivileged,
    "container-only-needed-ports": _loopback_ports,
    "container-own-namespaces": clear("pid", "ipc", "uts"),
    "container-own-userns": _own_user_namespace,
    "container-pids-limit": _pids,
    "container-private-propagation": _private_mounts,
    "container-privileged-approved": _unprivileged,
    "container-read-only-mounts": _read_only_binds,
    "container-read-only-root": _read_only,
    "container-recent-image": _unchanged,  # the newer image makes the difference
    "container-restart-bounded": _restart,
    "container-restart-supervised": _restart_for_ever,
    "container-seccomp": _seccomp,
    "container-seccomp-builtin": _seccomp,
    "container-selinux": _selinux,
    "container-small-writable-layer": _unchanged,  # a new layer makes the difference
    "container-tmpfs-scratch": _scratch_in_memory,
    "container-ulimit-overrides": clear("ulimits"),
    "container-user-not-root": _user,
}
