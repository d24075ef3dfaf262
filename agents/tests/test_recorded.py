"""Every recorded engine is read completely, whatever its version."""

import json
from typing import Any

import msgspec
import pytest

from agents.posture_agent.collectors import (
    containers,
    contents,
    execs,
    images,
    info,
    networks,
    seccomp,
    swarm,
    writable,
)
from agents.posture_agent.engine_api import EngineError
from agents.posture_agent.hostfiles import HostFiles
from agents.posture_agent.reading import Deadline
from agents.posture_agent.secrets import Marker
from agents.tests.recorded_engine import ENGINES, RecordedEngine
from posture.facts.wire.engine import Engine

MARKER = Marker(b"k" * 32)


def read_containers(api: RecordedEngine) -> dict[str, Any]:
    """Containers by name."""
    files = HostFiles("/nonexistent")
    found = containers.Reader(api, files, MARKER, writable.Sizer(files), Deadline(60), local=False).collect()
    return {item["Name"]: item for item in found}


def read_images(api: RecordedEngine) -> list[dict[str, Any]]:
    """Images by id, without what is in them: their layers were not recorded."""
    return images.collect(api, MARKER, contents.Finder(HostFiles(), None, 0.0), None, Deadline(60))


@pytest.mark.parametrize("name", ENGINES)
def test_every_part_has_the_protocols_shape(name: str) -> None:
    api = RecordedEngine(name)
    raw = api.info()
    engine = {
        "Key": "docker",
        "Kind": "podman" if info.is_podman(api.version()) else "docker",
        "Endpoint": "unix:///run/docker.sock",
        "Version": info.version(api.version()),
        "Info": {**info.info(raw), "Swarm": swarm.state(api, raw)},
        "Containers": list(read_containers(api).values()),
        "Images": read_images(api),
        "Networks": networks.collect(api),
    }
    decoded = msgspec.json.decode(json.dumps(engine), type=Engine)
    assert isinstance(decoded.Containers, list)
    assert len(decoded.Containers) == len(api.containers())
    assert "not-a-secret" not in json.dumps(engine)


def test_docker_20_10() -> None:
    found = read_containers(RecordedEngine("docker-20.10.24"))
    assert {name: item["State"]["Status"] for name, item in found.items()} == {
        "db": "running", "done": "exited", "open": "running", "privileged": "created", "web": "running",
    }  # fmt: skip
    web = found["web"]
    assert web["Config"]["Labels"]["com.docker.compose.service"] == "web"
    assert web["Config"]["EnvNames"] == ["APP_SECRET", "DB_PASSWORD", "PATH"]
    assert web["Config"]["Healthcheck"]["Kind"] == "CMD-SHELL"
    assert web["Ports"] == {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}
    assert {mark["Place"] for mark in web["Marks"]} == {"Config.Env.APP_SECRET", "Config.Env.DB_PASSWORD"}
    assert found["db"]["HostConfig"]["Ulimits"] == [{"Name": "nofile", "Soft": 64, "Hard": 128}]
    assert found["db"]["HostConfig"]["Tmpfs"] == ["/run"]
    assert found["db"]["Mounts"][0]["Name"] == "data"
    assert found["open"]["HostConfig"]["Devices"][0]["CgroupPermissions"] == "r"
    assert {binding["HostIp"] for binding in found["open"]["Ports"]["80/tcp"]} == {"0.0.0.0", "::"}


def test_docker_20_10_images() -> None:
    image = next(item for item in read_images(RecordedEngine("docker-20.10.24")) if item["RepoTags"] == ["shop/web:2"])
    assert [layer["Instruction"] for layer in image["History"]][-3:] == ["ENV", "ARG", ""]
    assert image["User"] == "web"
    assert {mark["Place"] for mark in image["Marks"]} >= {"Config.Env.APP_SECRET"}


def test_a_swarm_manager() -> None:
    api = RecordedEngine("docker-20.10.24-swarm")
    state = swarm.state(api, api.info())
    assert state == {
        "LocalNodeState": "active", "ControlAvailable": True, "Managers": 1, "Nodes": 1, "AutoLockManagers": False,
        "NodeCertExpiry": 7_776_000_000_000_000, "CANotBefore": "2026-11-22T11:10:00Z", "Secrets": 1,
    }  # fmt: skip
    api_service, db = swarm.services(api, MARKER)
    assert api_service == {
        "Name": "api", "Secrets": 1, "RestartCondition": "on-failure", "RestartMaxAttempts": 5, "Marks": [],
    }  # fmt: skip
    assert (db["RestartCondition"], db["RestartMaxAttempts"]) == ("any", 0)
    assert [(mark["Pattern"], mark["Place"]) for mark in db["Marks"]] == [
        ("secret-variable", "ContainerSpec.Env.DB_PASSWORD")
    ]
    encrypted = {one["Name"]: "encrypted" in one["Options"] for one in networks.collect(api) if one["Scope"] == "swarm"}
    assert encrypted == {"ingress": False, "open": False, "sealed": True}
    committed = next(one for one in read_images(api) if one["RepoTags"] == ["shop/api:1"])
    assert [layer["Traits"] for layer in committed["History"]] == [["committed"], []]


def test_a_certificate_that_cannot_be_read_is_left_out() -> None:
    api = RecordedEngine("docker-20.10.24-swarm")
    api.answers["swarm"]["TLSInfo"]["TrustRoot"] = "nonsense"
    assert "CANotBefore" not in swarm.state(api, api.info())
    del api.answers["swarm"]["TLSInfo"]  # before API 1.30
    assert "CANotBefore" not in swarm.state(api, api.info())


def test_podman_4() -> None:
    found = read_containers(RecordedEngine("podman-4.3.1"))
    assert found["web"]["State"] == {"Status": "running", "Health": "none"}
    assert found["web"]["HostConfig"]["CapDrop"] == ["NET_RAW"]
    assert found["web"]["HostConfig"]["MaskedPaths"] is None
    assert {mark["Place"] for mark in found["web"]["Marks"]} == {"Config.Env.DB_PASSWORD"}
    assert found["idle"]["HostConfig"]["Privileged"] is True


@pytest.mark.parametrize(
    ("option", "wanted", "profile"),
    [
        ("seccomp=unconfined", "seccomp=unconfined", None),
        ("no-new-privileges:true", "no-new-privileges:true", None),
        (
            'seccomp={"defaultAction":"SCMP_ACT_ALLOW"}',
            "seccomp=inline:",
            {"DefaultAction": "SCMP_ACT_ALLOW", "AllowedSyscalls": 0},
        ),
        (
            'seccomp={"defaultAction":"X","syscalls":[{"name":"read","action":"SCMP_ACT_ALLOW"}]}',
            "seccomp=inline:",
            {"DefaultAction": "X", "AllowedSyscalls": 1},
        ),
        ("seccomp={broken", "seccomp=inline:", {"Error": "source_failed"}),
    ],
)
def test_inline_profiles_are_reduced(option: str, wanted: str, profile: dict[str, Any] | None) -> None:
    reduced, found = seccomp.option(option)
    assert reduced.startswith(wanted)
    assert {key: value for key, value in (found or {}).items() if key != "Path"} == (profile or {})


class Volumes(RecordedEngine):
    """An engine with a volume that mounts a path, or one that does not tell its volumes."""

    def __init__(self, status: int = 0) -> None:
        super().__init__("docker-20.10.24")
        self.status = status

    def volumes(self) -> Any:
        if self.status:
            raise EngineError("not_permitted", "refused", self.status)
        return {"Volumes": [{"Name": "data", "Options": {"type": "none", "o": "bind", "device": "/etc"}}]}


def test_a_volume_tells_the_path_that_it_mounts() -> None:
    assert read_containers(Volumes())["db"]["Mounts"][0]["RealSource"] == "/etc"
    assert "RealSource" not in read_containers(Volumes(404))["db"]["Mounts"][0]  # volumes came with Docker 1.9
    hidden = read_containers(Volumes(403))
    assert "Mounts" not in hidden["db"]  # what it mounts is unknown
    assert "Mounts" in hidden["web"]


class Sessions(RecordedEngine):
    """An engine with exec sessions of these users; one has ended."""

    def __init__(self, *users: str) -> None:
        super().__init__("docker-20.10.24")
        self.users = users

    def exec_inspect(self, exec_id: str) -> Any:
        if exec_id == "gone":
            raise EngineError("absent", "gone", 404)
        user = self.users[int(exec_id)]
        return {"Running": user != "over", "ProcessConfig": {"user": user, "privileged": user == "root"}}


def test_live_sessions_of_root_are_counted() -> None:
    api = Sessions("", "root", "0:0", "1000", "over", "web:0", "007", "000")
    assert execs.counts(api, ["gone", *"01234567"]) == {"PrivilegedExecs": 1, "RootExecs": 4}


def test_more_exec_sessions_than_are_looked_at_are_unknown() -> None:
    api = RecordedEngine("docker-20.10.24")
    assert execs.counts(api, ["a" * 64] * execs.MAX_EXECS) == {"PrivilegedExecs": 0, "RootExecs": 0}
    assert execs.counts(api, ["a" * 64] * (execs.MAX_EXECS + 1)) == {}


def test_what_engines_leave_out_when_it_is_empty_is_told() -> None:
    found = read_containers(RecordedEngine("docker-20.10.24"))
    assert found["web"]["HostConfig"]["Tmpfs"] is None
    assert found["web"]["HostConfig"]["StorageOpt"] is None


def test_secrets_in_every_option_of_a_service_leave_marks_only() -> None:
    share = {"DriverConfig": {"Name": "local", "Options": {"type": "cifs", "o": "username=web,password=hunter2x"}}}
    container = {
        "Mounts": [{"Type": "volume", "Source": "v", "VolumeOptions": share}, {"Type": "bind", "Source": "/a"}]
    }
    log = {"Name": "splunk", "Options": {"splunk-token": "hunter3x", "tag": "web"}}
    one = swarm.service({"Name": "web", "TaskTemplate": {"ContainerSpec": container, "LogDriver": log}}, MARKER)
    places = [mark["Place"] for mark in one["Marks"]]
    assert places == ["ContainerSpec.Mounts.0.Options.o", "LogDriver.Options.splunk-token"]
    assert "hunter" not in str(one)
