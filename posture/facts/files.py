"""Facts of files: who owns them, their mode, and whether changes of them are recorded."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import UnsetType

from posture.facts.audit import AuditTrail, audit_trail
from posture.facts.observed import NOT_COLLECTED, SourceReasons, of_error, seen
from posture.facts.options import daemon_options
from posture.facts.rootless import RootlessPlaces, rootless_file
from posture.facts.values import Unseen, Value
from posture.facts.vocabulary import FILE
from posture.facts.wire.engine import Engine
from posture.facts.wire.host import File, HostFacts

# Purposes of which every host has one path, be the file there or not.
_EVERYWHERE = frozenset(
    (
        *("docker-service-unit", "docker-socket-unit", "docker-config-directory", "docker-defaults"),
        *("docker-sysconfig", "containerd-config", "containerd-state", "containerd-socket", "registry-certificate"),
        *("docker-binary", "dockerd-binary", "containerd-binary", "runc-binary", "containerd-shim-binary"),
        *("containerd-shim-runc-v1-binary", "containerd-shim-runc-v2-binary"),
    )
)
_TLS_OPTIONS: Mapping[str, str] = {"tls-ca": "tlscacert", "tls-certificate": "tlscert", "tls-key": "tlskey"}


def file_facts(file: File, trail: AuditTrail | Unseen, places: RootlessPlaces) -> dict[str, Value]:
    """All of one file. ``trail``: the loaded audit rules; ``places``: what engines name, see rootless."""
    unseen = of_error(file.Error)
    return {
        "Path": file.Path,
        "Purpose": file.Purpose,
        "Kind": seen(file.Kind, unseen),
        "Uid": seen(file.Uid, unseen),
        "Gid": seen(file.Gid, unseen),
        "Group": seen(file.Group, unseen),
        "Mode": seen(file.Mode, unseen),
        "Rootless": rootless_file(file.Path, places),
        "Audited": trail if isinstance(trail, Unseen) else trail.records(file.Path),
    }


def unseen_file_facts(purpose: str) -> dict[str, Value]:
    """Of a file that must have been looked at and was not: all that is known is what it is for."""
    return {**dict.fromkeys(FILE, NOT_COLLECTED), "Purpose": purpose}


def missing_purposes(host: HostFacts, engines: Sequence[Engine]) -> tuple[str, ...]:
    """Purposes that have a path on this host by nature and of which the snapshot has no file: an older agent, or an
    engine that did not say where; and those of which an engine may name a file that nobody looked at. They must not
    vanish into "not applicable"."""
    if isinstance(host.Files, UnsetType):
        return ()  # the whole list is a gap
    wanted = _EVERYWHERE.union(*(_of_engine(engine) for engine in engines))
    unread = frozenset().union(*(_unread_tls(engine) for engine in engines))
    return tuple(sorted((wanted - {file.Purpose for file in host.Files}) | unread))


def _of_engine(engine: Engine) -> Iterator[str]:
    if engine.Endpoint.startswith("unix://"):
        yield "engine-socket"
        yield "data-root"
        if engine.Kind == "docker":
            yield "daemon-json"


def _unread_tls(engine: Engine) -> Iterator[str]:
    """TLS files that an unread command line or daemon.json may name. What another place names is not missing: dockerd
    refuses to start when both set one option."""
    if engine.Kind == "docker":
        options = daemon_options(engine.Daemon, NOT_COLLECTED)
        for purpose, option in _TLS_OPTIONS.items():
            if isinstance(options.get(option, ""), Unseen):
                yield purpose


def trail_of(host: HostFacts, reasons: SourceReasons) -> AuditTrail | Unseen:
    """The audit rules of a host."""
    if isinstance(host.AuditRules, UnsetType):
        return reasons.of("host.audit")
    return audit_trail(host.AuditRules, host.Architecture if isinstance(host.Architecture, str) else "")
