"""Resources to render fixes for: an ordinary one and one whose every text is hostile."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from posture.facts.resource import ENGINE_GROUPS, Resource
from posture.facts.tests.builders import container
from posture.facts.values import Value
from posture.facts.vocabulary import Kind
from posture.facts.wire.container import Container

CONTEXT: Mapping[str, Value] = {"engine.Kind": "docker", "engine.MemTotal": 8 * 2**30, "engine.Rootless": False}
# Needs nothing but the shell itself to leave its trace, so that it shows even where no program can be found.
CANARY = "canary"
HOSTILE = (
    f"-v'\"$(:>{CANARY})`:>{CANARY}`\n:>{CANARY}; "
    "${x} {run_command} {name} \\ %s , = : - # ]]>}\t\x1b[201~\u202e"
)

MOUNTS = [
    {"Type": "bind", "Source": "/etc", "Destination": "/host/etc", "Mode": "", "RW": True, "Propagation": "rshared"},
    {"Type": "volume", "Name": "data", "Destination": "/data", "Mode": "z", "RW": True, "Propagation": ""},
    {"Type": "bind", "Source": "/srv/site", "Destination": "/site", "Mode": "ro,Z", "RW": False, "Propagation": ""},
]
PORTS = {"80/tcp": [{"HostIp": "", "HostPort": "80"}], "53/udp": [{"HostIp": "192.0.2.1", "HostPort": "5353"}]}


def wire(name: str = "web", **overrides: Any) -> Container:
    """A container with a little of everything."""
    host = {
        "NetworkMode": "shop_default",
        "PortBindings": PORTS,
        "CapAdd": ["NET_ADMIN"],
        "SecurityOpt": ["seccomp=unconfined"],
        "RestartPolicy": {"Name": "always", "MaximumRetryCount": 0},
        "Devices": [{"PathOnHost": "/dev/ttyUSB0", "PathInContainer": "/dev/ttyUSB0", "CgroupPermissions": "rw"}],
        "Ulimits": [{"Name": "nofile", "Soft": 1024, "Hard": 2048}],
        "Tmpfs": ["/cache"],
        **overrides.pop("HostConfig", {}),
    }
    defaults: dict[str, Any] = {"HostConfig": host, "Mounts": MOUNTS, "Networks": ["shop_default"]}
    return container(name, **{**defaults, **overrides})


def hostile_wire() -> Container:
    """The same with every text hostile."""
    mounts = [{**mount, "Source": f"/{HOSTILE}", "Name": HOSTILE, "Destination": f"/{HOSTILE}"} for mount in MOUNTS]
    labels = {"com.docker.compose.project.config_files": f"/srv/{HOSTILE}", "com.docker.swarm.service.name": HOSTILE}
    return wire(
        HOSTILE,
        Config={"Image": HOSTILE, "User": HOSTILE, "Labels": labels, "ExposedPorts": [HOSTILE, "80/tcp"]},
        HostConfig={
            "NetworkMode": HOSTILE,
            "PortBindings": {HOSTILE: [{"HostIp": HOSTILE, "HostPort": HOSTILE}]},
            "CapAdd": [HOSTILE],
            "SecurityOpt": [HOSTILE],
            "CgroupParent": HOSTILE,
            "CpusetCpus": HOSTILE,
            "Devices": [{"PathOnHost": HOSTILE}],
            "DeviceRequests": [{"DeviceIDs": [HOSTILE]}],
            "Ulimits": [{"Name": HOSTILE}],
            "StorageOpt": {HOSTILE: HOSTILE},
            "Tmpfs": [HOSTILE],
            "RestartPolicy": {"Name": HOSTILE},
            "LogConfig": {"Type": HOSTILE},
        },
        Mounts=mounts,
        Networks=[HOSTILE, f"{HOSTILE}2"],
    )


def resource(one: Container | None = None, **facts: Value) -> Resource:
    """The resource of a container; facts are those a fix reads unless given."""
    one = wire() if one is None else one
    image = one.Config.Image if not isinstance(one.Config, msgspec.UnsetType) else ""
    ordinary: dict[str, Value] = {"Config.Image": str(image), "ComposeService": "", "ComposeProject": ""}
    return Resource(
        kind=Kind.CONTAINER,
        key=f"docker/container/name:{one.Name}",
        name=one.Name,
        engine="docker",
        facts={**ordinary, **facts},
        digest="0" * 64,
        incarnation="0123456789abcdef0123",
        labels={"inspect": msgspec.json.encode(one).decode()},
    )


def composed(**facts: Value) -> Resource:
    """A container that compose made."""
    files = {"com.docker.compose.project.config_files": "/srv/shop/compose.yaml,/srv/shop/more.yaml"}
    return resource(wire("shop-web-1", Config={"Labels": files}), ComposeService="web", ComposeProject="shop", **facts)


def of_kind(kind: Kind, name: str) -> Resource:
    """A resource that is no container, on which everything is wrong that a fix names."""
    facts: dict[str, Value] = {
        "RepoTags": (name,),
        "Path": name,
        "EngineGroupMembers": (name,),
        "PrivilegedEngineAccounts": (f"{name}: wheel",),
        "DefaultAccounts": (name,),
        "ListeningPorts": (name, "111/tcp"),
        "InsecureRegistries": (name, "hub.example:5000"),
        "VolumesWrittenByMany": (f"{name}: web, db",),
        "DataRoot": f"/srv/{name}",
        "SetuidFiles": (f"/{name} 4755",),
        "WorldWritable": (f"/{name}",),
        "SudoPrograms": (f"/{name}",),
        "SshServers": (f"/{name}",),
        "Ingress": name.startswith("/"),
        "SecretsInServices": (
            f"{name}: secret-variable at ContainerSpec.Env.{name}",
            "web: jwt at ContainerSpec.Args.0",
        ),
    }
    labels = {ENGINE_GROUPS: json.dumps({name: [name, "other"], "docker": [name]})}
    return Resource(kind, f"{kind}/{name}", name, "docker", facts, "0" * 64, "sha256:" + "a" * 64, labels)
