"""The hosts of ``bench rules``: no two containers or images have equal settings, here or on another host."""

from collections.abc import Sequence
from typing import Any

import msgspec

from posture.facts.tests import builders
from posture.facts.vocabulary import PURPOSES
from posture.facts.wire.container import Container
from posture.facts.wire.image import Image
from posture.facts.wire.snapshot import Snapshot

# As many choices of each setting as are coprime to those of the others: containers differ in many ways at a time.
USERS = ("", "0", "app", "10001:10001", "root:root", "nobody", "1000")
CAPABILITIES: tuple[list[str], ...] = ([], ["NET_ADMIN"], ["SYS_ADMIN", "SYS_PTRACE"], ["NET_RAW", "MKNOD"])
DROPPED: tuple[list[str], ...] = ([], ["ALL"], ["NET_RAW"])
SOURCES = ("/srv/data", "/etc", "/var/run/docker.sock", "/var/log", "/srv/web")
RESTARTS = ("no", "always", "on-failure")
PORTS = (80, 443, 5432, 8080, 9000, 53)


def host(number: int, count: int, *, salts: Sequence[int] | None = None) -> Snapshot:
    """A host with so many containers and images; ``salts`` decide how each container is set up."""
    own = range(number * count, (number + 1) * count)
    tags = [f"registry.example/service-{one}:1.{salt}" for one, salt in enumerate(own)]
    containers = [container(tags[one], one, salt) for one, salt in enumerate(own if salts is None else salts)]
    images = [image(tags[one], salt) for one, salt in enumerate(own)]
    files = [msgspec.to_builtins(builders.file(purpose, Path=f"/etc/{purpose}")) for purpose in sorted(PURPOSES)]
    machine = builders.host(f"bench-{number}", MemTotal=2**33 + number, Files=files)
    return builders.snapshot(containers, images, host=machine, Info={"MemTotal": 2**33 + number})


def container(tag: str, number: int, salt: int) -> Container:
    """One of a host's containers; ``salt`` decides how it is set up."""
    port = PORTS[salt % len(PORTS)]
    published = [{"HostIp": "0.0.0.0" if salt % 2 else "127.0.0.1", "HostPort": str(10_000 + salt % 50_000)}]  # noqa: S104  # a container's, not ours
    settings: dict[str, Any] = {
        "Image": builders.image_id(tag),
        "Config": {"User": USERS[salt % len(USERS)], "Image": tag},
        "HostConfig": {
            "Memory": 2**28 + salt if salt % 3 else 0,
            "CpuShares": salt % 1000,
            "PidsLimit": salt % 11 or None,
            "CapAdd": CAPABILITIES[salt % len(CAPABILITIES)],
            "CapDrop": DROPPED[salt % len(DROPPED)],
            "Privileged": salt % 13 == 0,
            "ReadonlyRootfs": salt % 2 == 0,
            "RestartPolicy": {"Name": RESTARTS[salt % len(RESTARTS)], "MaximumRetryCount": salt % 8},
        },
        "Mounts": [
            {
                "Type": "bind",
                "Source": f"{SOURCES[salt % len(SOURCES)]}/{salt}" if salt % 4 else SOURCES[salt % len(SOURCES)],
                "Destination": "/data",
                "Mode": "",
                "RW": salt % 3 == 0,
                "Propagation": "rprivate",
            }
        ],
        "Ports": {f"{port}/tcp": published},
        "Process": {"Uid": salt % 3, "ContainerUid": salt % 3, "NoNewPrivs": salt % 2},
    }
    return builders.container(f"service-{number}", **settings)


def image(tag: str, salt: int) -> Image:
    """One of a host's images; ``salt`` decides what is in it."""
    setuid = [{"Path": f"/usr/bin/tool-{one}", "Mode": 0o4755} for one in range(salt % 5)]
    settings: dict[str, Any] = {
        "Size": 10**7 + salt,
        "User": USERS[salt % len(USERS)],
        "Created": f"2025-{1 + salt % 12:02}-{1 + salt % 28:02}T08:00:00Z",
        "Healthcheck": {"Kind": "CMD"} if salt % 2 else None,
        "SetuidFiles": setuid,
    }
    return builders.image(tag, **settings)
