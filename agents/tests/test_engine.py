"""Collections from a real dockerd: the facts are true, complete, valid, and hold no secret."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types

from agents.posture_agent.answer import Answer
from agents.posture_agent.collection import Options, collect
from agents.posture_agent.collectors import contents, export
from agents.posture_agent.engine_api import EngineClient, EngineError
from agents.posture_agent.hostfiles import HostFiles
from agents.posture_agent.http1 import Connection
from agents.posture_agent.reading import Deadline
from agents.posture_agent.request import Request
from agents.tests.built import write_agent
from posture.facts.digest import facts_digest
from posture.facts.wire.snapshot import Snapshot
from posture.tests.engine import IMAGE, TestEngine, available
from posture.tests.requirements import require

pytestmark = pytest.mark.engine

CANARY = "c4nary-Zq8vR2kP7x"
# A process is named after the script it runs.
SSH_SERVER = (
    r"printf '#!/bin/sh\nsleep 3600\n' > /tmp/sshd; chmod 755 /tmp/sshd; cat /tmp/sshd > /tmp/supervisord; "
    r"chmod 755 /tmp/supervisord; cat /bin/busybox /bin/busybox > /tmp/big; /tmp/sshd & /tmp/supervisord & wait"
)
SYSTEM_PYTHON = "/usr/bin/python3"
AWS = "AKIA" + "QQQQ1111WWWW2222"
DOCKERFILE = f"""
FROM {IMAGE}
ARG BUILD_PASSWORD={CANARY}arg
ENV APP_SECRET={CANARY}env
LABEL api_token={CANARY}label
RUN echo root:{CANARY}run | chpasswd || true
RUN mkdir -p /tools/old && touch /tools/su /tools/gone /tools/old/a /tools/plain
RUN chmod 4755 /tools/su /tools/gone /tools/old/a
RUN chmod 2755 /tools/plain
RUN rm /tools/gone && rm -r /tools/old && mkdir /tools/old && touch /tools/old/b
RUN chmod 755 /tools/su && touch /tools/new && chmod 6711 /tools/new
RUN mkdir -p /usr/local/bin /usr/lib /tools/shared && touch /usr/local/bin/sudo && chmod 755 /usr/local/bin/sudo
RUN touch /tools/shared/a /tools/shared/b && chmod 666 /tools/shared/a /tools/shared/b && chmod 777 /tools/shared
RUN chmod 644 /tools/shared/b && echo ID=debian > /usr/lib/os-release && echo 'VERSION_ID="12"' >> /usr/lib/os-release
HEALTHCHECK --interval=30s CMD nc -z --password={CANARY}health 127.0.0.1 80
CMD ["sleep", "3600", "--token={CANARY}cmd"]
"""


class Fleet:
    """The engine under test and one collection of it."""

    def __init__(self, engine: TestEngine, folder: Path) -> None:
        self.engine = engine
        self.agent = folder / "agent.pyz"
        self.state = folder / "state"
        write_agent(self.agent)

    def collect(self, endpoint: str = "", state: Path | None = None) -> dict[str, Any]:
        """The snapshot that ``posture-agent collect`` prints."""
        done = subprocess.run(
            [
                sys.executable,
                str(self.agent),
                "collect",
                "--state",
                str(state or self.state),
                "-H",
                endpoint or self.engine.endpoint,
            ],
            capture_output=True,
            timeout=120,
            check=True,
        )
        assert b"Traceback" not in done.stderr
        snapshot: dict[str, Any] = json.loads(done.stdout)
        return snapshot


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """An engine with a container for every fact of interest."""
    require("dockerd", available())
    config = json.dumps(
        {"log-level": "warn", "labels": [f"owner={CANARY}"], "log-opts": {"max-size": "10m", "tag": CANARY}}
    )
    with TestEngine(
        ["--icc=false", "-H", "tcp://127.0.0.1:0", "--default-ulimit", "nofile=512:1024"], config
    ) as engine:
        engine.build("posture-canary:1", DOCKERFILE)
        engine.docker("network", "create", "--internal", "inner")
        engine.run("plain")
        engine.run("strict", "--user", "1000:1000", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
                   "--read-only", "--memory", "64m", "--pids-limit", "10", "--network", "inner")  # fmt: skip
        engine.run(
            "loose",
            "--security-opt",
            "seccomp=unconfined",
            "--pid",
            "host",
            "--cap-add",
            "SYS_TIME",
            "-v",
            "/etc:/host/etc:ro",
        )
        engine.run("canary", "-e", f"DB_PASSWORD={CANARY}1",
                   "-e", f"URL=http://u:{CANARY}2@x/",
                   "--label", f"my.token={CANARY}3", "--log-opt", f"labels={CANARY}4",
                   "--health-cmd", f"curl --password {CANARY}5 x",
                   "--label", f"com.docker.compose.service={AWS}", image="posture-canary:1",
                   command=("sleep", "3600", f"--password={CANARY}6"))  # fmt: skip
        engine.create("privileged", "--privileged")
        engine.run("sshd", command=("sh", "-c", SSH_SERVER))
        engine.run("remote", "-e", "DOCKER_HOST=tcp://10.0.0.1:2375", "--network", "host")
        engine.docker("exec", "-d", "plain", "sleep", "3600")
        yield Fleet(engine, tmp_path_factory.mktemp("fleet"))


@pytest.fixture(scope="module")
def snapshot(fleet: Fleet) -> dict[str, Any]:
    """One snapshot of the fleet."""
    return fleet.collect()


@pytest.fixture(scope="module")
def containers(snapshot: dict[str, Any]) -> dict[str, Any]:
    """Containers of the snapshot by name."""
    return {item["Name"]: item for item in snapshot["facts"]["Engines"][0]["Containers"]}


def test_it_is_a_valid_snapshot_with_the_servers_digest(snapshot: dict[str, Any]) -> None:
    schema = json.loads(Path("agents/protocol.schema.json").read_text())
    Draft202012Validator(schema).validate(snapshot)
    decoded = msgspec.json.decode(json.dumps(snapshot), type=Snapshot)
    assert facts_digest(decoded.facts) == decoded.digest
    assert {source.Name: source.Status for source in decoded.facts.Sources if source.Status != "ok"} == {
        "host.scans": "absent"
    }


def test_equal_facts_have_equal_digests(fleet: Fleet) -> None:
    first, second = fleet.collect(), fleet.collect()
    assert first["facts"]["Engines"] == second["facts"]["Engines"]
    assert first["id"] != second["id"]


def test_no_secret_leaves_the_host(fleet: Fleet, snapshot: dict[str, Any], containers: dict[str, Any]) -> None:
    text = json.dumps(snapshot)
    assert CANARY not in text
    assert AWS not in text
    places = {mark["Place"]: mark["Pattern"] for mark in containers["canary"]["Marks"]}
    assert places["Config.Env.DB_PASSWORD"] == "secret-variable"
    assert places["Config.Env.URL"] == "url-credentials"
    assert places["Config.Labels.my.token"] == "secret-variable"
    assert places["Config.Cmd.2"] == "password-assignment"
    assert places["Config.Healthcheck.Test.1"] == "password-assignment"
    assert places["Config.Labels.com.docker.compose.service"] == "aws-access-key"
    image = next(i for i in snapshot["facts"]["Engines"][0]["Images"] if i["RepoTags"] == ["posture-canary:1"])
    found = {mark["Place"] for mark in image["Marks"]}
    assert {"Config.Env.APP_SECRET", "Config.Labels.api_token", "Config.Cmd.2"} <= found
    assert any(place.startswith("history.") for place in found)
    for path in fleet.state.rglob("*"):
        assert path.is_dir() or CANARY.encode() not in path.read_bytes()


def test_settings_are_the_engines_own(containers: dict[str, Any]) -> None:
    strict, loose = containers["strict"]["HostConfig"], containers["loose"]["HostConfig"]
    assert (strict["Memory"], strict["PidsLimit"], strict["ReadonlyRootfs"]) == (64 * 1024 * 1024, 10, True)
    assert strict["CapDrop"] == ["ALL"]
    assert strict["SecurityOpt"] == ["no-new-privileges"]
    assert loose["SecurityOpt"] == ["seccomp=unconfined", "label=disable"]  # the engine adds the second for host pids
    assert loose["PidMode"] == "host"
    (mount,) = containers["loose"]["Mounts"]
    assert (mount["Source"], mount["RealSource"], mount["Destination"], mount["RW"]) == (
        "/etc",
        "/etc",
        "/host/etc",
        False,
    )
    assert containers["strict"]["Networks"] == ["inner"]
    assert containers["remote"]["Config"]["DockerHost"] == "tcp"
    assert containers["privileged"]["State"]["Status"] == "created"
    assert containers["privileged"]["HostConfig"]["Privileged"] is True
    assert containers["privileged"]["Process"] is None
    assert containers["canary"]["HostConfig"]["LogConfig"] == {
        "Type": "json-file",
        "Options": ["labels", "max-size", "tag"],
    }


def test_processes_tell_the_truth(containers: dict[str, Any]) -> None:
    plain, strict, loose = (containers[name]["Process"] for name in ("plain", "strict", "loose"))
    assert (plain["Uid"], plain["ContainerUid"], plain["IdentityUidMap"], plain["Seccomp"]) == (0, 0, True, 2)
    assert int(plain["CapEff"], 16) & 1 << 13  # NET_RAW is of the default set
    assert (strict["Uid"], int(strict["CapEff"], 16), strict["NoNewPrivs"]) == (1000, 0, 1)
    assert loose["Seccomp"] == 0
    assert int(loose["CapEff"], 16) & 1 << 25
    assert plain["SshServers"] == []


def test_an_ssh_server_is_seen_by_its_name(containers: dict[str, Any]) -> None:
    found = {name: item["Process"]["SshServers"] for name, item in containers.items() if item["Process"]}
    assert found.pop("sshd") == ["sshd"]
    assert set(map(tuple, found.values())) == {()}


def test_a_supervisor_is_seen_by_its_name(containers: dict[str, Any]) -> None:
    found = {name: item["Process"]["Supervisors"] for name, item in containers.items() if item["Process"]}
    assert {name for name, supervisors in found.items() if supervisors} == {"sshd"}
    assert found["sshd"] == ["supervisord"]


def test_what_a_container_wrote_is_measured(containers: dict[str, Any]) -> None:
    wrote = {name: item["WritableBytes"] for name, item in containers.items()}
    assert wrote["plain"] == wrote["strict"] == 0
    assert wrote["sshd"] == 4 * 2**20


def test_live_privileged_sessions_are_counted(
    fleet: Fleet, containers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {item["PrivilegedExecs"] for item in containers.values()} == {0}
    assert {name: item["RootExecs"] for name, item in containers.items() if item["RootExecs"]} == {"plain": 1}
    inspect = EngineClient.exec_inspect

    def privileged(client: EngineClient, exec_id: str) -> Any:
        """The engine's true answer, with the one word changed: this kernel refuses to start a privileged session."""
        answer = inspect(client, exec_id)
        assert answer["Running"] is True
        assert answer["ProcessConfig"]["privileged"] is False
        return {**answer, "ProcessConfig": {**answer["ProcessConfig"], "privileged": True}}

    monkeypatch.setattr(EngineClient, "exec_inspect", privileged)
    found = {c["Name"]: c for c in collect(options(fleet.engine.endpoint)).facts["Engines"][0]["Containers"]}
    assert {name: item["PrivilegedExecs"] for name, item in found.items() if item["PrivilegedExecs"]} == {"plain": 1}


def test_the_daemons_configuration_and_who_set_it(snapshot: dict[str, Any], fleet: Fleet) -> None:
    daemon = snapshot["facts"]["Engines"][0]["Daemon"]
    assert daemon["Flags"]["icc"] is False
    assert daemon["Flags"]["hosts"] == [fleet.engine.endpoint, "tcp://127.0.0.1:0"]
    assert daemon["Flags"]["default-ulimits"] == {"nofile": {"Name": "nofile", "Soft": 512, "Hard": 1024}}
    assert daemon["File"] == {"log-level": "warn", "log-opts": {"max-size": None, "tag": None}}
    assert daemon["FilePath"] == str(fleet.engine.folder / "daemon.json")
    assert daemon["Uid"] == 0
    assert daemon["SocketActivated"] == []
    assert len(daemon["Listeners"]) == 1
    assert daemon["Listeners"][0].startswith("127.0.0.1:")


def test_what_layers_and_the_stream_hold_agrees(fleet: Fleet, snapshot: dict[str, Any]) -> None:
    image = next(i for i in snapshot["facts"]["Engines"][0]["Images"] if i["RepoTags"] == ["posture-canary:1"])
    wanted = {"/tools/plain": 0o2755, "/tools/new": 0o6711}
    assert {item["Path"]: item["Mode"] for item in image["SetuidFiles"]} == wanted
    api = EngineClient(fleet.engine.endpoint)
    streamed = export.contents(api, image["Id"], Deadline(30))
    assert streamed == {key: image[key] for key in ("Programs", "Release", "SetuidFiles", "WorldWritable")}
    assert streamed["Programs"] == ["/usr/local/bin/sudo"]
    assert streamed["WorldWritable"] == ["/tools/shared", "/tools/shared/a"]
    assert streamed["Release"] == {"Id": "debian", "VersionId": "12"}
    cache = json.loads((fleet.state / "contents.json").read_text())
    assert cache["images"][image["Id"]]["SetuidFiles"] == image["SetuidFiles"]


def test_a_walk_that_takes_too_long_leaves_the_files_out(fleet: Fleet) -> None:
    api = EngineClient(fleet.engine.endpoint)
    finder = contents.Finder(HostFiles(), None, 0.0)
    assert finder.find(api, api.inspect_image("posture-canary:1")) == {}


def test_history_says_what_is_a_base_image(snapshot: dict[str, Any]) -> None:
    image = next(i for i in snapshot["facts"]["Engines"][0]["Images"] if i["RepoTags"] == ["posture-canary:1"])
    assert [layer["Instruction"] for layer in image["History"]] == [
        "CMD", "HEALTHCHECK", *["RUN"] * 9, "LABEL", "ENV", "ARG", "",
    ]  # fmt: skip
    assert [layer["Base"] for layer in image["History"]] == [False] * 14 + [True]


def test_ids_and_pids_are_outside_the_facts(fleet: Fleet, snapshot: dict[str, Any]) -> None:
    identifier = fleet.engine.docker("inspect", "--format", "{{.Id}} {{.State.Pid}}", "plain").split()
    volatile = snapshot["volatile"]["Engines"]["docker"]["Containers"]["plain"]
    assert [volatile["Id"], str(volatile["Pid"])] == identifier
    assert identifier[0] not in json.dumps(snapshot["facts"])


def options(endpoint: str) -> Options:
    """A collection of one endpoint that keeps nothing."""
    return Options([endpoint], b"k" * 32, None)


def test_a_container_that_vanishes_meanwhile_is_left_out(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet.engine.run("brief")
    listed = EngineClient.containers

    def list_then_remove(client: EngineClient, all: bool = False) -> Any:
        answer = listed(client, all)
        fleet.engine.docker("rm", "-f", "brief")
        return answer

    monkeypatch.setattr(EngineClient, "containers", list_then_remove)
    facts = collect(options(fleet.engine.endpoint)).facts
    names = [item["Name"] for item in facts["Engines"][0]["Containers"]]
    assert "brief" not in names
    assert "plain" in names


def test_one_container_that_cannot_be_inspected_does_not_hide_the_others(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspect = EngineClient.inspect_container
    target = fleet.engine.docker("inspect", "--format", "{{.Id}}", "strict")

    def refuse_one(client: EngineClient, container: str) -> Any:
        if container == target:
            raise EngineError("not_permitted", "refused", 403)
        return inspect(client, container)

    monkeypatch.setattr(EngineClient, "inspect_container", refuse_one)
    found = {item["Name"]: item for item in collect(options(fleet.engine.endpoint)).facts["Engines"][0]["Containers"]}
    assert found["strict"] == {"Name": "strict", "Error": "not_permitted"}
    assert "Error" not in found["plain"]


def failing(facts: dict[str, Any]) -> set[tuple[str, str, str]]:
    """(source, status, reason) of each source of the engine that is not ok."""
    return {
        (s["Name"], s["Status"], s["Reason"])
        for s in facts["Sources"]
        if s["Status"] != "ok" and "docker." in s["Name"]
    }


PARTS = ("containers", "daemon", "images", "info", "networks", "processes", "swarm", "version")


def test_the_socket_of_containerd_is_where_this_dockerd_has_it(fleet: Fleet, snapshot: dict[str, Any]) -> None:
    system = Path("/run/containerd/containerd.sock")  # dockerd takes one that is there, else it runs its own
    wanted = system if system.exists() else fleet.engine.folder / "exec/containerd/containerd.sock"
    found = [one for one in snapshot["facts"]["Host"]["Files"] if one["Purpose"] == "containerd-socket"]
    assert [(one["Path"], one["Kind"]) for one in found] == [(str(wanted.resolve()), "socket")]


def test_an_ordinary_user_is_told_how_to_get_access(fleet: Fleet) -> None:
    require(
        "root, to become somebody else, and the system's Python", os.geteuid() == 0 and Path(SYSTEM_PYTHON).exists()
    )
    os.chmod(fleet.engine.folder, 0o711)
    with tempfile.TemporaryDirectory(prefix="posture-agent-") as folder:
        os.chmod(folder, 0o755)
        agent = Path(folder, "agent.pyz")
        write_agent(agent)
        words = [SYSTEM_PYTHON, str(agent), "collect", "--state", folder + "/state", "-H", fleet.engine.endpoint]
        done = subprocess.run(words, user=65534, group=65534, extra_groups=[], check=True, capture_output=True, env={})
    assert "cannot use the state directory" in done.stderr.decode()
    snapshot = json.loads(done.stdout)
    msgspec.json.decode(json.dumps(snapshot), type=Snapshot)
    (engine,) = snapshot["facts"]["Engines"]
    assert engine == {"Key": "docker", "Kind": "docker", "Endpoint": fleet.engine.endpoint}
    assert failing(snapshot["facts"]) == {(f"docker.{part}", "failed", "not_permitted") for part in PARTS}
    detail = next(s["Detail"] for s in snapshot["facts"]["Sources"] if s["Name"] == "docker.containers")
    assert "usermod -aG docker" in detail
    assert "AuditRules" not in snapshot["facts"]["Host"]


def test_an_engine_that_is_not_there(fleet: Fleet, tmp_path: Path) -> None:
    snapshot = fleet.collect(f"unix://{tmp_path}/none.sock", tmp_path / "state")
    msgspec.json.decode(json.dumps(snapshot), type=Snapshot)
    assert failing(snapshot["facts"]) == {(f"docker.{part}", "absent", "absent") for part in PARTS}
    assert "Containers" not in snapshot["facts"]["Engines"][0]


def test_something_else_on_the_socket(fleet: Fleet, tmp_path: Path) -> None:
    path = tmp_path / "x.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    snapshot = fleet.collect(f"unix://{path}", tmp_path / "state")  # bound, but nobody listens
    assert failing(snapshot["facts"]) == {(f"docker.{part}", "failed", "source_failed") for part in PARTS}


def test_two_engines_have_two_keys(fleet: Fleet) -> None:
    facts = collect(
        Options([fleet.engine.endpoint, "unix:///nowhere/podman.sock", fleet.engine.endpoint], b"k", None)
    ).facts
    assert [engine["Key"] for engine in facts["Engines"]] == ["docker", "podman", "docker-2"]


def test_the_engine_is_asked_with_get_only(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    ask = Connection.ask

    def remember(connection: Connection, request: Request, deadline: Deadline) -> Answer:
        asked.append((request.method, request.target))
        return ask(connection, request, deadline)

    monkeypatch.setattr(Connection, "ask", remember)
    collect(options(fleet.engine.endpoint))
    assert {method for method, _ in asked} == {"GET"}
    assert asked[0][1] == "/version"
    assert all(url.startswith("/v1.41/") for _, url in asked[1:])
    assert len(asked) == len(set(asked)), "each engine object is read once"
