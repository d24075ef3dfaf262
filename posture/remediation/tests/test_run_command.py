"""The commands that create a container anew."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from posture.facts.tests.builders import container
from posture.facts.wire.container import Container
from posture.remediation.blueprint import Blueprint, read_blueprint
from posture.remediation.changes import CHANGES, Background
from posture.remediation.run_command import options_of, run_command
from posture.remediation.suggestions import Suggestions
from posture.remediation.tests.samples import CANARY, HOSTILE, hostile_wire, wire

BACKGROUND = Background(
    facts={"HostDevices": ("/dev/ttyUSB0:rw",), "WritableMounts": ("/etc:/host/etc", "data:/data")},
    suggestions=Suggestions(user="10001:10001", memory=512, cpus="1.0", pids=256),
    parameters={"allowed_devices": (), "writable": ()},
)


def changed(rule: str, one: Container) -> list[str]:
    return options_of(CHANGES[rule](read_blueprint(one), BACKGROUND))


def test_an_ordinary_container_needs_few_options() -> None:
    assert options_of(read_blueprint(container("web"))) == [
        "--name web",
        "--log-driver json-file",
        "--cgroupns private",
    ]


def test_every_option_is_written_out() -> None:
    assert options_of(read_blueprint(wire())) == [
        "--name web",
        "--restart always",
        "--log-driver json-file",
        "--cap-add NET_ADMIN",
        "--security-opt seccomp=unconfined",
        "--cgroupns private",
        "--device /dev/ttyUSB0:/dev/ttyUSB0:rw",
        "--ulimit nofile=1024:2048",
        "--network shop_default",
        "--publish 192.0.2.1:5353:53/udp",
        "--publish 80:80",
        "--mount type=bind,source=/etc,target=/host/etc,bind-propagation=rshared",
        "--mount type=volume,source=data,target=/data",
        "--volume /srv/site:/site:Z,ro",
        "--tmpfs /cache",
    ]


@pytest.mark.parametrize(
    ("rule", "gone", "new"),
    [
        ("container-ulimit-overrides", {"--ulimit nofile=1024:2048"}, set()),
        ("container-devices", {"--device /dev/ttyUSB0:/dev/ttyUSB0:rw"}, set()),
        ("container-seccomp", {"--security-opt seccomp=unconfined"}, set()),
        ("container-capabilities", {"--cap-add NET_ADMIN"}, {"--cap-drop NET_RAW"}),
        ("container-restart-bounded", {"--restart always"}, {"--restart on-failure:5"}),
        ("container-memory-limit", set(), {"--memory 512m", "--memory-swap 512m"}),
        ("container-cpu-shares", set(), {"--cpus 1"}),
        ("container-cpu-weight", set(), {"--cpu-shares 512"}),
        ("container-pids-limit", set(), {"--pids-limit 256"}),
        ("container-read-only-root", set(), {"--read-only", "--tmpfs /tmp", "--tmpfs /run"}),
        ("container-bound-address", {"--publish 80:80"}, {"--publish 127.0.0.1:80:80"}),
        ("container-no-privileged-ports", {"--publish 80:80"}, {"--publish 8080:80"}),
        ("container-no-new-privileges", set(), {"--security-opt no-new-privileges:true"}),
        ("container-user-not-root", set(), {"--user 10001:10001"}),
        ("container-apparmor", set(), {"--security-opt apparmor=docker-default"}),
        ("container-drop-all", {"--cap-add NET_ADMIN"}, {"--cap-drop ALL"}),
        ("container-own-userns", {"--security-opt seccomp=unconfined"}, set()),
        ("container-tmpfs-scratch", set(), {"--tmpfs /tmp"}),
        (
            "container-read-only-mounts",
            {"--mount type=bind,source=/etc,target=/host/etc,bind-propagation=rshared"},
            {"--mount type=bind,source=/etc,target=/host/etc,readonly,bind-propagation=rshared"},
        ),
        (
            "container-private-propagation",
            {"--mount type=bind,source=/etc,target=/host/etc,bind-propagation=rshared"},
            {"--mount type=bind,source=/etc,target=/host/etc"},
        ),
    ],
)
def test_a_fix_changes_its_own_options_only(rule: str, gone: set[str], new: set[str]) -> None:
    before, after = options_of(read_blueprint(wire())), changed(rule, wire())
    assert set(before) - set(after) == gone
    assert set(after) - set(before) == new


def test_namespaces_of_the_host_are_left_out() -> None:
    modes = {"PidMode": "host", "IpcMode": "host", "UTSMode": "host", "UsernsMode": "host", "CgroupParent": "/x"}
    implied = {"SecurityOpt": ["label=disable"]}  # what the engine adds by itself
    one = container("web", HostConfig={**modes, **implied})
    assert "--security-opt label=disable" not in options_of(read_blueprint(one))
    for word in ("pid", "ipc", "uts", "userns"):
        assert f"--{word} host" in options_of(read_blueprint(one))
        assert f"--{word} host" not in changed(f"container-no-host-{word}", one)
    assert not {"--pid host", "--ipc host"} & set(changed("container-selinux", one))


def test_only_writable_places_for_scratch_files_go_into_memory() -> None:
    def volume(place: str, *, writable: bool = True) -> dict[str, object]:
        return {"Type": "volume", "Name": "v", "Destination": place, "RW": writable}

    mounts = [volume("/var/tmp/app"), volume("/run/x", writable=False), volume("/tmpfiles"), volume("/tmp")]
    assert [
        option for option in changed("container-tmpfs-scratch", container("web", Mounts=mounts)) if "/" in option
    ] == [
        "--mount type=volume,source=v,target=/run/x,readonly",
        "--mount type=volume,source=v,target=/tmpfiles",
        "--tmpfs /tmp",
    ]


def test_a_network_of_its_own_replaces_that_of_the_host() -> None:
    one = container("web", HostConfig={"NetworkMode": "host"}, Networks=["host"])
    blueprint = CHANGES["container-no-host-network"](read_blueprint(one), BACKGROUND)
    assert "docker network create web-net\n" in run_command(blueprint)
    assert {"--network web-net", "--publish 127.0.0.1:8080:80"} <= set(options_of(blueprint))


def test_a_network_it_already_has_replaces_the_default_bridge() -> None:
    one = container("web", Networks=["bridge", "shop", "mail"])
    text = run_command(CHANGES["container-no-default-bridge"](read_blueprint(one), BACKGROUND))
    assert "network create" not in text
    assert "--network shop" in text
    assert text.endswith("docker network connect mail web")


def test_a_container_moved_while_it_ran_is_made_where_it_is_now() -> None:
    one = container("web", Networks=["shop"])
    assert "--network shop" in options_of(read_blueprint(one))


def test_published_at_once_becomes_published_one_by_one() -> None:
    ports = {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "32768"}]}
    one = container("web", HostConfig={"PublishAllPorts": True}, Ports=ports)
    options = changed("container-only-needed-ports", one)
    assert "--publish 127.0.0.1::80" in options
    assert "--publish-all" not in options


def test_a_healthy_looking_test_is_added_where_there_is_none() -> None:
    assert "--health-cmd 'wget -q -O /dev/null http://127.0.0.1:80/ || exit 1'" in changed(
        "container-healthcheck", container("web")
    )


def test_the_engine_under_another_name() -> None:
    assert "docker" not in run_command(Blueprint(name="web", image="nginx"), program="podman")


def test_a_restarting_container_does_not_come_back_beside_the_new_one() -> None:
    assert "docker update --restart no web-before\n" in run_command(read_blueprint(wire()))


def recorded(text: str, folder: Path) -> list[list[str]]:
    """Run the text in bash with no program but one that notes how it is called; its calls."""
    # One file a process: those of a pipe write at the same time.
    noting = f"note() {{ printf '%s\\0' \"$@\" $'\\x01' >> {folder}/calls.$BASHPID; cat; return 1; }}\n"
    stubs = 'cat() { :; }\ndocker() { note docker "$@"; }\nxargs() { note xargs "$@"; }\nhead() { :; }\n'
    bash = shutil.which("bash")
    assert bash
    subprocess.run(
        [bash, "-c", f"{noting}{stubs}{text}"], cwd=folder, env={"PATH": "/nowhere"}, check=False, timeout=20
    )
    words = [word for file in sorted(folder.glob("calls.*")) for word in file.read_text().split("\0")[:-1]]
    ends = [index for index, word in enumerate(words) if word == "\x01"]
    return [words[start + 1 : end] for start, end in zip([-1, *ends], ends, strict=False)]


@pytest.mark.parametrize("rule", sorted(CHANGES))
@pytest.mark.parametrize("remove", [False, True])
def test_hostile_texts_stay_single_arguments(rule: str, remove: bool, tmp_path: Path) -> None:
    one = hostile_wire()
    blueprint = CHANGES[rule](read_blueprint(one), Background({}, BACKGROUND.suggestions))
    calls = recorded(run_command(_removed(blueprint) if remove else blueprint), tmp_path)
    assert not (tmp_path / CANARY).exists()
    run = next(call for call in calls if call[0] == "xargs")
    assert run[1:5] == ["-0", "docker", "run", "--detach"]
    assert run[run.index("--name") + 1] == HOSTILE
    renewed = {"--network": ("container-no-default-bridge", "container-no-host-network"), "--tmpfs": ()}
    for option, rules in renewed.items():
        if rule not in rules:
            assert HOSTILE in [run[index + 1] for index, word in enumerate(run) if word == option]


def _removed(blueprint: Blueprint) -> Blueprint:
    return Blueprint(**{**{name: getattr(blueprint, name) for name in blueprint.__slots__}, "remove": True})


def test_the_command_is_read_back_word_by_word() -> None:
    text = run_command(read_blueprint(wire("a b", HostConfig={"CgroupParent": "it's $(x)"})))
    words = shlex.split(text.split("run --detach", 1)[1])
    assert words[words.index("--cgroup-parent") + 1] == "it's $(x)"
    assert words[words.index("--name") + 1] == "a b"
