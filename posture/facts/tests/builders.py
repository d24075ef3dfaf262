"""Snapshots for tests: an ordinary Docker 20.10 host with sane, complete defaults.

``snapshot(containers=[container("web", HostConfig={"Memory": 0})])``. Overrides are merged into the defaults key by
key, in the engine's spelling; ``None`` is the engine's null; ``UNSET`` takes a key away. Everything goes through
msgspec, so that a wrong key or type fails in the test that wrote it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec
from msgspec import UNSET

from posture.facts.digest import facts_digest
from posture.facts.tests.defaults import (
    daemon,
    files,
    host_config,
    info,
    kernel_config,
    merge,
    process,
    root_mount,
    sysctls,
    version,
)
from posture.facts.wire.container import Container, ContainerVolatile
from posture.facts.wire.engine import Engine, EngineVolatile
from posture.facts.wire.host import File, HostFacts
from posture.facts.wire.image import Image
from posture.facts.wire.network import Network
from posture.facts.wire.snapshot import AgentInfo, Facts, Measurements, Snapshot, Source, Volatile

SPACE = UUID("4b2f5f0e-3f0a-4b6e-9d0a-1f6f6a1c2b3d")
OBSERVED = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
SHA = "sha256:" + "0" * 64


def container(name: str = "web", *, running: bool = True, **overrides: Any) -> Container:
    """A container; with no overrides it is an ordinary, running ``docker run`` without any hardening."""
    defaults: dict[str, Any] = {
        "Name": name,
        "Image": image_id("nginx:1.25"),
        "State": {"Status": "running" if running else "exited", "Health": "none"},
        "Config": {
            "User": "",
            "Image": "nginx:1.25",
            "EnvNames": ["PATH"],
            "Labels": {},
            "LabelNames": [],
            "Healthcheck": None,
            "ExposedPorts": ["80/tcp"],
            "Command": "nginx",
        },
        "HostConfig": host_config(),
        "Mounts": [],
        "Ports": {},
        "Networks": ["bridge"],
        "AppArmorProfile": "docker-default",
        "ProcessLabel": "",
        "MountLabel": "",
        "Process": process() if running else None,
        "PrivilegedExecs": 0,
        "RootExecs": 0,
        "WritableBytes": 0,
        "Marks": [],
    }
    return msgspec.convert(merge(defaults, overrides), Container)


def hardened(name: str = "web", **overrides: Any) -> Container:
    """A container that honours what a person can set on it."""
    defaults: dict[str, Any] = {
        "Config": {"User": "10001:10001", "Healthcheck": {"Kind": "CMD-SHELL"}},
        "State": {"Health": "healthy"},
        "HostConfig": {
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "ReadonlyRootfs": True,
            "Memory": 256 * 2**20,
            "MemorySwap": 256 * 2**20,
            "NanoCpus": 500_000_000,
            "CpuShares": 512,
            "PidsLimit": 100,
            "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 5},
            "NetworkMode": "shop",
        },
        "Networks": ["shop"],
        "Process": {
            "Uid": 10001,
            "ContainerUid": 10001,
            "CapEff": "0000000000000000",
            "CapBnd": "0000000000000000",
            "NoNewPrivs": 1,
        },
    }
    return container(name, **merge(defaults, overrides))


def image_id(tag: str) -> str:
    """A made-up image id, the same for the same tag."""
    return f"sha256:{uuid5(SPACE, tag).hex * 2}"


def image(tag: str = "nginx:1.25", **overrides: Any) -> Image:
    """An image with one tag, built in December 2025, with two harmless layers above its base."""
    repository = tag.rsplit(":", 1)[0]
    defaults: dict[str, Any] = {
        "Id": image_id(tag),
        "RepoTags": [tag],
        "RepoDigests": [f"{repository}@{SHA}"],
        "Created": "2025-12-20T08:00:00Z",
        "Architecture": "amd64",
        "Os": "linux",
        "Size": 142_000_000,
        "User": "",
        "EnvNames": ["PATH"],
        "Healthcheck": None,
        "ExposedPorts": ["80/tcp"],
        "History": [
            {"Instruction": "ADD", "Empty": False, "Base": True, "Traits": []},
            {"Instruction": "RUN", "Empty": False, "Base": False, "Traits": ["index-refresh", "package-install"]},
            {"Instruction": "COPY", "Empty": False, "Base": False, "Traits": []},
        ],
        "SetuidFiles": [],
        "Release": {"Id": "debian", "VersionId": "12"},
        "Programs": [],
        "WorldWritable": [],
        "Bases": ["debian:12-slim"],
        "Scan": {
            "Scanner": "trivy",
            "ScannedAt": "2026-01-09T03:00:00Z",
            "Critical": 0,
            "High": 0,
            "Medium": 3,
            "Low": 40,
            "FixableCritical": 0,
            "FixableHigh": 0,
        },
        "Marks": [],
    }
    return msgspec.convert(merge(defaults, overrides), Image)


def network(name: str = "bridge", **overrides: Any) -> Network:
    """A bridge network; the one called ``bridge`` is the engine's default bridge."""
    options = {"com.docker.network.bridge.name": "docker0"} if name == "bridge" else {}
    if name == "bridge":
        options |= {"com.docker.network.bridge.default_bridge": "true", "com.docker.network.bridge.enable_icc": "true"}
    defaults: dict[str, Any] = {
        "Name": name,
        "Driver": "bridge",
        "Scope": "local",
        "Internal": False,
        "Attachable": False,
        "Ingress": False,
        "EnableIPv6": False,
        "Options": options,
        "Subnets": ["172.17.0.0/16"],
    }
    return msgspec.convert(merge(defaults, overrides), Network)


def special_network(name: str) -> Network:
    """The networks ``host`` and ``none``."""
    return network(name, Driver="null" if name == "none" else name, Options={}, Subnets=[])


def file(purpose: str = "daemon.json", **overrides: Any) -> File:
    defaults: dict[str, Any] = {
        "Purpose": purpose,
        "Path": "/etc/docker/daemon.json",
        "Kind": "file",
        "Uid": 0,
        "Gid": 0,
        "Group": "root",
        "Mode": 0o644,
    }
    return msgspec.convert(merge(defaults, overrides), File)


def engine(
    containers: Sequence[Container] = (),
    images: Sequence[Image] | None = None,
    networks: Sequence[Network] | None = None,
    **overrides: Any,
) -> Engine:
    """A Docker 20.10 engine. Without ``images`` there is one for every image its containers name."""
    if images is None:
        named = [c.Config.Image for c in containers if c.Config is not UNSET and isinstance(c.Config.Image, str)]
        images = [image(tag) for tag in dict.fromkeys(named)]
    if networks is None:
        networks = [network("bridge"), special_network("host"), special_network("none")]
    defaults: dict[str, Any] = {
        "Key": "docker",
        "Kind": "docker",
        "Endpoint": "unix:///var/run/docker.sock",
        "Version": version(),
        "Info": info(),
        "Daemon": daemon(),
        "Containers": msgspec.to_builtins(sorted(containers, key=lambda one: one.Name)),
        "Images": msgspec.to_builtins(sorted(images, key=lambda one: one.Id)),
        "Networks": msgspec.to_builtins(sorted(networks, key=lambda one: one.Name)),
        "SeccompProfiles": [],
    }
    return msgspec.convert(merge(defaults, overrides), Engine)


def host(hostname: str = "alpha", **overrides: Any) -> HostFacts:
    defaults: dict[str, Any] = {
        "Hostname": hostname,
        "MachineId": uuid5(SPACE, hostname).hex,
        "Architecture": "x86_64",
        "Kernel": "6.1.0-18-amd64",
        "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
        "OsId": "debian",
        "OsVersion": "12",
        "NCPU": 4,
        "MemTotal": 8 * 2**30,
        "Sysctls": sysctls(),
        "LSMs": ["lockdown", "capability", "apparmor"],
        "AppArmorProfiles": {"docker-default": "enforce"},
        "SELinux": "disabled",
        "Environment": {},
        "Mounts": [root_mount()],
        "Partitions": ["/"],
        "Groups": [{"Name": "docker", "Gid": 999, "Members": []}],
        "AuditRules": [],
        "BlockDevices": [{"Device": "8:0", "Name": "sda", "Parents": []}],
        "Listeners": [{"Protocol": "tcp", "Address": "0.0.0.0", "Port": 22, "Program": "sshd"}],
        "Accounts": [],
        "Sudoers": ["%sudo", "root"],
        "KernelConfig": kernel_config(),
        "KernelBuilt": "2025-12-30T00:00:00Z",
        "Files": files(),
    }
    return msgspec.convert(merge(defaults, overrides), HostFacts)


def facts(
    containers: Sequence[Container] = (),
    images: Sequence[Image] | None = None,
    networks: Sequence[Network] | None = None,
    *,
    host: HostFacts | None = None,
    engines: Sequence[Engine] | None = None,
    sources: Sequence[Source] = (),
    **engine_overrides: Any,
) -> Facts:
    """Facts with one engine, or with the ``engines`` given; ``sources`` are those that are not simply "ok"."""
    if engines is None:
        engines = [engine(containers, images, networks, **engine_overrides)]
    return Facts(Host=host or default_host(), Engines=list(engines), Sources=list(sources))


def default_host() -> HostFacts:
    return host()


def snapshot(
    containers: Sequence[Container] = (),
    images: Sequence[Image] | None = None,
    networks: Sequence[Network] | None = None,
    *,
    sequence: int = 1,
    observed_at: datetime = OBSERVED,
    installation: str | UUID | None = None,
    previous_digest: str | None = None,
    host: HostFacts | None = None,
    engines: Sequence[Engine] | None = None,
    sources: Sequence[Source] = (),
    interval: int = 300,
    **engine_overrides: Any,
) -> Snapshot:
    """One delivery. ``engine_overrides`` are keys of the engine: ``Info={"Debug": True}``, ``Daemon={…}``.

    Equal arguments give equal snapshots: ids are made from the host's name and the sequence.
    """
    found = facts(containers, images, networks, host=host, engines=engines, sources=sources, **engine_overrides)
    name = found.Host.Hostname
    return Snapshot(
        protocol=1,
        id=str(uuid5(SPACE, f"{name} snapshot {sequence} {observed_at}")),
        installation=str(installation or uuid5(SPACE, f"{name} installation")),
        sequence=sequence,
        previous_digest=previous_digest,
        digest=facts_digest(found),
        boot_id=str(uuid5(SPACE, f"{name} boot")),
        monotonic=1000.0 + 300.0 * sequence,
        observed_at=wire_moment(observed_at),
        sent_at=wire_moment(observed_at + timedelta(seconds=1)),
        duration=0.4,
        agent=AgentInfo(Version="0.1.0", Python="3.11.2", Interval=interval),
        facts=found,
        volatile=_volatile(found),
        measurements=Measurements(MemAvailable=4 * 2**30, DataRootFree=20 * 2**30, DataRootSize=60 * 2**30),
    )


def _volatile(found: Facts) -> Volatile:
    engines = {}
    for one in found.Engines:
        containers = one.Containers if one.Containers is not UNSET else []
        ids = {each.Name: ContainerVolatile(Id=uuid5(SPACE, each.Name).hex * 2) for each in containers}
        engines[one.Key] = EngineVolatile(Containers=ids)
    return Volatile(Engines=engines, BootTime="2026-01-01T00:00:00Z")


def wire_moment(moment: datetime) -> str:
    """A moment as the protocol writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
