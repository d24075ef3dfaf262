"""What is known of one engine as a whole: every fact of its resources is read beside it."""

from dataclasses import dataclass, field
from typing import TypeVar

from msgspec import UNSET, UnsetType

from posture.facts.capabilities import default_set
from posture.facts.mounts import SENSITIVE, SOCKETS, canonical_path
from posture.facts.observed import NOT_COLLECTED, SourceReasons, seen, seen_or
from posture.facts.options import Options, daemon_options
from posture.facts.security_options import EngineSecurity, engine_security, unseen_security
from posture.facts.silent_engines import PRINTED_SINCE, silent_security
from posture.facts.values import Unseen
from posture.facts.versions import parse_version
from posture.facts.wire.container import Container
from posture.facts.wire.engine import Engine, EngineInfo, SeccompFile
from posture.facts.wire.host import HostFacts
from posture.facts.wire.image import Image
from posture.facts.wire.network import Network
from posture.facts.wire.snapshot import Facts
from posture.facts.wire.swarm import Service

T = TypeVar("T")
DEFAULT_BRIDGES = {"docker": "bridge", "podman": "podman"}
_NO_INFO = EngineInfo()


@dataclass(frozen=True, slots=True)
class EngineState:
    """One engine, its host, and why each of its parts is missing where it is.

    ``version`` is None when it could not be told. ``more_sockets`` and ``more_sensitive``: why there may be sockets and
    sensitive paths that the lists lack; None when they are whole.
    """

    engine: Engine
    host: HostFacts
    info: EngineInfo
    version: tuple[int, ...] | None
    security: EngineSecurity
    options: Options
    containers: tuple[Container, ...] | Unseen
    images: tuple[Image, ...] | Unseen
    networks: tuple[Network, ...] | Unseen
    services: tuple[Service, ...] | Unseen
    no_info: Unseen
    no_daemon: Unseen
    no_process: Unseen
    no_scans: Unseen
    sockets: tuple[str, ...]
    sensitive: tuple[str, ...]
    more_sockets: Unseen | None
    more_sensitive: Unseen | None
    profiles: dict[str, SeccompFile] = field(default_factory=dict)
    images_by_id: dict[str, Image] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.engine.Kind

    @property
    def default_capabilities(self) -> frozenset[str]:
        return default_set(self.engine.Kind)

    @property
    def printed_version(self) -> str | Unseen:
        """The version as the engine prints it."""
        version = self.engine.Version
        printed = UNSET if isinstance(version, UnsetType) else version.Version
        return seen(self.info.ServerVersion if isinstance(printed, UnsetType) else printed, self.no_info)

    def before(self, *version: int) -> bool:
        """Whether this is a Docker known to be older than that: such an engine leaves newer keys out."""
        return self.engine.Kind == "docker" and self.version is not None and self.version < version

    def rootless(self) -> bool | Unseen:
        """Rootless mode, or a daemon whose effective uid is not 0. Podman says so by a key of its own."""
        daemon = self.engine.Daemon
        if self.security.rootless is True or self.info.Rootless is True:
            return True
        if not isinstance(daemon, UnsetType) and not isinstance(daemon.Uid, UnsetType):
            return daemon.Uid != 0
        return self.security.rootless

    def remapped(self) -> bool | Unseen:
        """User namespaces: remapping that is really in force, or rootless."""
        if self.security.userns is True:
            return True
        rootless = self.rootless()
        if rootless is True:
            return True
        return self.security.userns if isinstance(self.security.userns, Unseen) else rootless

    def default_bridge(self) -> Network | None | Unseen:
        """The default bridge network; None when there is none."""
        if isinstance(self.networks, Unseen):
            bridge = self.options.text("bridge", "")
            return None if bridge == "none" else self.networks
        # The name goes first: it is the engine's own, while anybody may give a network the option.
        name = DEFAULT_BRIDGES[self.engine.Kind]
        named = next((network for network in self.networks if network.Name == name), None)
        return named or next((network for network in self.networks if _says_default(network)), None)


def _says_default(network: Network) -> bool:
    options = network.Options
    return isinstance(options, dict) and options.get("com.docker.network.bridge.default_bridge") == "true"


def engine_state(engine: Engine, facts: Facts, reasons: SourceReasons) -> EngineState:
    """Everything that one engine's resources share."""
    key = engine.Key
    info = _NO_INFO if isinstance(engine.Info, UnsetType) else engine.Info
    no_info = reasons.of(f"{key}.info")
    no_daemon = reasons.of(f"{key}.daemon")
    images = reasons.of(f"{key}.images") if isinstance(engine.Images, UnsetType) else tuple(engine.Images)
    options = daemon_options(engine.Daemon, no_daemon)
    return EngineState(
        engine=engine,
        host=facts.Host,
        info=info,
        version=_version(engine, info),
        security=_security(engine, facts.Host, options, reasons),
        options=options,
        containers=(
            reasons.of(f"{key}.containers") if isinstance(engine.Containers, UnsetType) else tuple(engine.Containers)
        ),
        images=images,
        networks=reasons.of(f"{key}.networks") if isinstance(engine.Networks, UnsetType) else tuple(engine.Networks),
        services=_services(engine, reasons),
        no_info=no_info,
        no_daemon=no_daemon,
        no_process=reasons.of(f"{key}.processes"),
        no_scans=reasons.of("host.scans"),
        sockets=_sockets(facts),
        sensitive=_sensitive(info),
        more_sockets=_more_sockets(facts, reasons),
        more_sensitive=None if isinstance(info.DockerRootDir, str) else no_info,
        profiles=_profiles(engine),
        images_by_id={} if isinstance(images, Unseen) else {image.Id: image for image in images},
    )


def _services(engine: Engine, reasons: SourceReasons) -> tuple[Service, ...] | Unseen:
    """The swarm's services. Where none were asked for, what kept the swarm's state from us kept them too."""
    if not isinstance(engine.Services, UnsetType):
        return tuple(engine.Services)
    return reasons.first(f"{engine.Key}.services", f"{engine.Key}.swarm")


def _version(engine: Engine, info: EngineInfo) -> tuple[int, ...] | None:
    version = UNSET if isinstance(engine.Version, UnsetType) else engine.Version.Version
    text = version if isinstance(version, str) else info.ServerVersion
    return parse_version(text) if isinstance(text, str) else None


def _security(engine: Engine, host: HostFacts, options: Options, reasons: SourceReasons) -> EngineSecurity:
    info = _NO_INFO if isinstance(engine.Info, UnsetType) else engine.Info
    printed = seen_or(info.SecurityOptions, [], reasons.of(f"{engine.Key}.info"))
    if not isinstance(printed, Unseen):
        return engine_security(printed)
    version = _version(engine, info)
    if engine.Kind == "docker" and version is not None and version < PRINTED_SINCE:
        return silent_security(version, host, options, reasons)
    return unseen_security(printed)


def _sockets(facts: Facts) -> tuple[str, ...]:
    """The usual sockets, those on which this host's engines were read, and all others that their daemons name."""
    named = {engine.Endpoint for engine in facts.Engines}
    for engine in facts.Engines:
        options = daemon_options(engine.Daemon, NOT_COLLECTED)
        containerd = options.text("containerd", "")
        named |= {*options.known_texts("hosts")[0], f"unix://{containerd}" if isinstance(containerd, str) else ""}
    own = (one.removeprefix("unix://") for one in named if one.startswith("unix:///"))
    return tuple(sorted({*SOCKETS, *(canonical_path(path) for path in own)}))


def _more_sockets(facts: Facts, reasons: SourceReasons) -> Unseen | None:
    """Why some daemon may listen on a socket that nobody read: its command line or daemon.json was not seen."""
    for engine in facts.Engines:
        if engine.Kind == "docker":
            options = daemon_options(engine.Daemon, reasons.of(f"{engine.Key}.daemon"))
            unread = next((place for place in (options.flags, options.file) if isinstance(place, Unseen)), None)
            if unread is not None:
                return unread
    return None


def _sensitive(info: EngineInfo) -> tuple[str, ...]:
    root = info.DockerRootDir
    return (*SENSITIVE, canonical_path(root)) if isinstance(root, str) and root else SENSITIVE


def _profiles(engine: Engine) -> dict[str, SeccompFile]:
    if isinstance(engine.SeccompProfiles, UnsetType):
        return {}
    return {profile.Path: profile for profile in engine.SeccompProfiles}


def since(value: T | UnsetType | None, null: T, state: EngineState, *version: int) -> T | Unseen:
    """A key that came with this version of Docker: older engines leave it out and behave like ``null``."""
    if isinstance(value, UnsetType) and state.before(*version):
        return null
    return seen_or(value, null)
