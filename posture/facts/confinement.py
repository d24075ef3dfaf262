"""What confines a container: seccomp, AppArmor, SELinux, capabilities, no-new-privileges, user namespaces.

The truth of the running main process goes before the configuration. Where the process cannot be seen, the
configuration decides what the engine enforces at every start.
"""

from dataclasses import dataclass

from msgspec import UnsetType

from posture.facts import capabilities
from posture.facts.engine import EngineState
from posture.facts.namespaces import namespace_mode
from posture.facts.observed import FAILED, NOT_COLLECTED, of_error, seen
from posture.facts.security_options import container_option, label_disabled, no_new_privileges
from posture.facts.silent_engines import PRINTED_SINCE
from posture.facts.values import Unseen
from posture.facts.wire.container import Container, ContainerHostConfig, MainProcess
from posture.facts.wire.engine import SeccompFile

_WEAK_ACTIONS = frozenset(
    ("SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_TRACE")
)  # a call that no line names gets through
_BUILTIN = frozenset(("", "default", "builtin"))
_UNCONFINED_LABELS = frozenset(("spc_t", "unconfined_t"))


@dataclass(frozen=True, slots=True)
class Confined:
    """One container as this module reads it. ``process`` is None when it has none, Unseen when it has one that could
    not be read; ``options`` is its SecurityOpt."""

    container: Container
    config: ContainerHostConfig
    options: tuple[str, ...] | Unseen
    privileged: bool | Unseen
    running: bool | Unseen
    process: MainProcess | None | Unseen
    state: EngineState


def confined(container: Container, running: bool | Unseen, state: EngineState) -> Confined:
    config = ContainerHostConfig() if isinstance(container.HostConfig, UnsetType) else container.HostConfig
    options = config.SecurityOpt
    return Confined(
        container,
        config,
        NOT_COLLECTED if isinstance(options, UnsetType) else tuple(options or ()),
        seen(config.Privileged),
        running,
        _process(container, running, state),
        state,
    )


def _process(container: Container, running: bool | Unseen, state: EngineState) -> MainProcess | None | Unseen:
    process = container.Process
    if isinstance(process, MainProcess):
        return process if isinstance(process.Error, UnsetType) else of_error(process.Error)
    if process is None:
        return None
    return None if running is False else state.no_process


def seccomp_unconfined(one: Confined) -> bool | Unseen:
    """Whether no filter worth the name confines it. A filter whose default action lets calls through is none."""
    if isinstance(one.options, Unseen):
        return one.options
    profile = container_option(one.options, "seccomp")
    filtered = _filtered(one.process)
    if profile == "unconfined" or filtered is False:
        return True
    if profile is None:
        if one.privileged is not False:
            return one.privileged
        return _untold_defaults(one) or _engine_unconfined(one.state, filtered)
    own = one.state.security.seccomp
    if isinstance(own, Unseen):
        if filtered is not True:
            return own
    elif own is None:
        return True
    return False if profile in _BUILTIN else weak_profile(one.state.profiles.get(profile))


def seccomp_builtin(one: Confined) -> bool | Unseen:
    """Whether the filter that confines it is the engine's own."""
    unconfined = seccomp_unconfined(one)
    if unconfined is not False or isinstance(one.options, Unseen):
        return _opposite(unconfined)
    profile = container_option(one.options, "seccomp")
    if profile is not None:
        return profile in _BUILTIN
    if one.state.kind == "podman":
        return True
    own = one.state.security.seccomp
    if isinstance(own, Unseen):
        return True if _has_no_other_default(one.state) else own
    return own in _BUILTIN


def _untold_defaults(one: Confined) -> Unseen | None:
    """Why nobody knows what a running container got by default. Podman takes that from containers.conf, of which its
    answers tell nothing: where the process cannot be seen, neither can the profile nor the capabilities."""
    return one.process if one.state.kind == "podman" and isinstance(one.process, Unseen) else None


def _filtered(process: MainProcess | None | Unseen) -> bool | None:
    """Whether the kernel says that a filter is on; None when it does not say."""
    if not isinstance(process, MainProcess) or isinstance(process.Seccomp, UnsetType):
        return None
    return process.Seccomp != 0


def _has_no_other_default(state: EngineState) -> bool:
    """Whether an engine that prints no profile can have none but its own: the daemon's option came with Docker 1.13."""
    return state.before(*PRINTED_SINCE)


def _engine_unconfined(state: EngineState, filtered: bool | None) -> bool | Unseen:
    """Whether the engine's own default leaves containers unconfined. ``filtered``: what the kernel says of one."""
    profile = state.security.seccomp
    if isinstance(profile, Unseen):
        return False if filtered is True and _has_no_other_default(state) else profile
    if profile is None or profile == "unconfined":
        return True
    if profile in _BUILTIN or state.kind == "podman":
        return False
    daemon = state.engine.Daemon
    return weak_profile(None if isinstance(daemon, UnsetType) else _set(daemon.SeccompProfile))


def _set(profile: SeccompFile | UnsetType) -> SeccompFile | None:
    return None if isinstance(profile, UnsetType) else profile


def weak_profile(profile: SeccompFile | None) -> bool | Unseen:
    """Whether a custom profile lets through what it does not name."""
    if profile is None:
        return NOT_COLLECTED
    if isinstance(profile.DefaultAction, UnsetType):
        return of_error(profile.Error)
    return profile.DefaultAction in _WEAK_ACTIONS


def gains_no_privileges(one: Confined) -> bool | Unseen:
    """no-new-privileges: of the process, else of the container, else the daemon's default."""
    if isinstance(one.process, MainProcess) and not isinstance(one.process.NoNewPrivs, UnsetType):
        return one.process.NoNewPrivs == 1
    if isinstance(one.options, Unseen):
        return one.options
    own = no_new_privileges(one.options)
    return own if own is not None else engine_no_new_privileges(one.state)


def engine_no_new_privileges(state: EngineState) -> bool | Unseen:
    """The daemon's default. Engines before 25 do not print it; Podman has no such default."""
    if state.security.no_new_privileges is True:
        return True
    return False if state.kind == "podman" else state.options.flag("no-new-privileges", False)


def apparmor_profile(one: Confined) -> str | Unseen:
    """The profile's name; empty when AppArmor does not work here."""
    label = _apparmor_label(one)
    return label if isinstance(label, Unseen) else label.partition(" (")[0]


def _apparmor_label(one: Confined) -> str | Unseen:
    """The profile, with its mode in brackets where the kernel says so."""
    available = one.state.security.apparmor
    if available is False:
        return ""
    if isinstance(one.process, MainProcess) and isinstance(one.process.AppArmor, str):
        return one.process.AppArmor
    if isinstance(available, Unseen):
        return available
    if isinstance(one.options, Unseen):
        return one.options
    named = container_option(one.options, "apparmor")
    if named is not None:
        return named
    if one.privileged is not False:
        return one.privileged if isinstance(one.privileged, Unseen) else "unconfined"
    profile = one.container.AppArmorProfile
    if isinstance(profile, UnsetType):
        return NOT_COLLECTED
    return profile or ("docker-default" if one.state.kind == "docker" else "")


def apparmor_confined(one: Confined) -> bool | Unseen:
    """A profile other than unconfined, not in complain mode where the mode is known."""
    mode = _apparmor_mode(one)
    return mode if isinstance(mode, Unseen) else mode not in ("complain", "unconfined")


def apparmor_applied(one: Confined) -> bool | Unseen:
    """A profile other than unconfined, in complain mode too."""
    mode = _apparmor_mode(one)
    return mode if isinstance(mode, Unseen) else mode != "unconfined"


def _apparmor_mode(one: Confined) -> str | Unseen:
    """The mode of its profile; unconfined when it has none, empty where nobody says."""
    label = _apparmor_label(one)
    if isinstance(label, Unseen):
        return label
    name, _, mode = label.partition(" (")
    if name in ("", "unconfined"):
        return "unconfined"
    known = one.state.host.AppArmorProfiles
    return mode.rstrip(")") or ("" if isinstance(known, UnsetType) else known.get(name, ""))


def selinux_confined(one: Confined) -> bool | Unseen:
    """SELinux enforces, the process has a label of its own, and label=disable is not set."""
    available = one.state.security.selinux
    if available is False:
        return False
    enforcing = one.state.host.SELinux
    if not isinstance(enforcing, UnsetType) and enforcing != "enforcing":
        return False
    label = one.container.ProcessLabel
    if isinstance(label, str) and (label == "" or _UNCONFINED_LABELS & set(label.split(":"))):
        return False
    if not isinstance(one.options, Unseen) and label_disabled(one.options):
        return False
    if isinstance(available, Unseen):
        return available
    if isinstance(one.options, Unseen):
        return one.options
    return NOT_COLLECTED if isinstance(enforcing, UnsetType) or isinstance(label, UnsetType) else True


def held_capabilities(one: Confined) -> frozenset[str] | Unseen:
    """What its processes can have: the bounding set when running, since a setuid file reaches all of it."""
    if isinstance(one.process, MainProcess) and isinstance(one.process.CapBnd, str):
        found = capabilities.from_mask(one.process.CapBnd)
        if found is not None:
            return found
    if one.privileged is not False:
        return one.privileged if isinstance(one.privileged, Unseen) else capabilities.EVERY
    untold = _untold_defaults(one)
    if untold is not None:
        return untold
    added, dropped = one.config.CapAdd, one.config.CapDrop
    if isinstance(added, UnsetType) or isinstance(dropped, UnsetType):
        return NOT_COLLECTED
    return capabilities.configured(
        one.state.default_capabilities,
        capabilities.canonical_set(added or ()),
        capabilities.canonical_set(dropped or ()),
    )


def added_capabilities(one: Confined) -> tuple[str, ...] | Unseen:
    """What it has beyond the engine's default set, as configured; ALL when privileged."""
    if one.privileged is not False:
        return one.privileged if isinstance(one.privileged, Unseen) else (capabilities.ALL,)
    if isinstance(one.config.CapAdd, UnsetType):
        return NOT_COLLECTED
    added = capabilities.canonical_set(one.config.CapAdd or ())
    return capabilities.listed(added - one.state.default_capabilities)


def dropped_capabilities(one: Confined) -> tuple[str, ...] | Unseen:
    """What is dropped; Podman writes ALL as the list of its default set."""
    if isinstance(one.config.CapDrop, UnsetType):
        return NOT_COLLECTED
    dropped = capabilities.canonical_set(one.config.CapDrop or ())
    whole = one.state.kind == "podman" and dropped >= one.state.default_capabilities
    return (capabilities.ALL,) if whole else capabilities.listed(dropped)


def shares_user_namespace(one: Confined) -> bool | Unseen:
    """Whether uid 0 inside is uid 0 of the host."""
    if isinstance(one.process, MainProcess) and not isinstance(one.process.IdentityUidMap, UnsetType):
        return one.process.IdentityUidMap
    if one.state.rootless() is True:
        return False
    mode = one.config.UsernsMode
    if isinstance(namespace_mode(mode), Unseen) and not isinstance(mode, UnsetType):
        return FAILED
    if mode == "host":
        return True if one.state.rootless() is False else one.state.rootless()
    remapped = one.state.remapped()
    if isinstance(mode, UnsetType):
        # before 1.11 a container could not opt out of the daemon's remapping
        return _opposite(remapped) if one.state.before(1, 11) else NOT_COLLECTED
    if one.state.kind == "podman" and mode:
        return NOT_COLLECTED if mode.startswith(("container:", "ns:")) else False
    return _opposite(remapped)


def _opposite(value: bool | Unseen) -> bool | Unseen:
    return value if isinstance(value, Unseen) else not value
