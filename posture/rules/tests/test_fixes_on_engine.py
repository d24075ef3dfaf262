"""Fix texts of the daemon and image rules, tried on a real engine."""

import json
import os
import resource
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from posture.evaluation import catalogue
from posture.evaluation.rule import Via
from posture.rules.tests.snippets import snippets
from posture.tests.engine import IMAGE, TestEngine, available
from posture.tests.requirements import require

pytestmark = pytest.mark.engine
RULES = catalogue.load().rules


def text(rule: str, via: Via) -> str:
    return next(step.text for step in RULES[rule].fix.steps if step.via is via)


@pytest.fixture(scope="module")
def hardened() -> Iterator[TestEngine]:
    require("dockerd", available())
    config = snippets() | {"insecure-registries": ["registry.example.org:5000"], "live-restore": False}
    limit = config["default-ulimits"]["nofile"]
    limit["Hard"] = min(limit["Hard"], resource.getrlimit(resource.RLIMIT_NOFILE)[1])  # not every root may raise it
    with TestEngine(config=json.dumps(config), namespace=True) as engine:
        yield engine


def info(engine: TestEngine) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(engine.docker("info", "--format", "{{json .}}"))
    return answer


def insecure(engine: TestEngine) -> list[str]:
    return [name for name, index in info(engine)["RegistryConfig"]["IndexConfigs"].items() if not index["Secure"]]


def reload(engine: TestEngine, config: dict[str, Any]) -> None:
    """What `systemctl reload docker` does."""
    (engine.folder / "daemon.json").write_text(json.dumps(config))
    os.kill(engine.pid, signal.SIGHUP)


def test_the_engine_starts_with_every_snippet_and_heeds_it(hardened: TestEngine) -> None:
    found = info(hardened)
    assert found["Driver"] == "overlay2"
    assert found["LoggingDriver"] == "syslog"
    assert found["ExperimentalBuild"] is False
    assert found["Debug"] is False
    assert any("name=seccomp" in option for option in found["SecurityOptions"])
    assert not any("unconfined" in option for option in found["SecurityOptions"])
    options = json.loads(hardened.docker("network", "inspect", "bridge", "--format", "{{json .Options}}"))
    assert options["com.docker.network.bridge.enable_icc"] == "false"


def test_new_containers_take_the_defaults_over(hardened: TestEngine) -> None:
    """ulimits and no-new-privileges; the log driver is overridden, since no log server is here."""
    common = ("--rm", "--network", "none", "--log-driver", "json-file")
    status = hardened.docker("run", *common, IMAGE, "cat", "/proc/self/status")
    assert "NoNewPrivs:\t1" in status
    assert hardened.docker("run", *common, IMAGE, "sh", "-c", "ulimit -Sn") == "1024"


def test_what_claims_to_be_live_needs_only_a_reload(hardened: TestEngine) -> None:
    assert insecure(hardened) == ["registry.example.org:5000"]
    live = ("daemon-insecure-registries", "daemon-live-restore")
    assert {RULES[rule].fix.effect.value for rule in live} == {"live"}
    config = snippets()
    for rule in live:
        config |= json.loads(text(rule, Via.DAEMON_JSON))
    reload(hardened, config)
    for _ in range(100):
        if not insecure(hardened) and info(hardened)["LiveRestoreEnabled"]:
            break
        time.sleep(0.1)
    assert insecure(hardened) == []
    assert info(hardened)["LiveRestoreEnabled"] is True
    # A swarm and live-restore exclude each other; tests below want a swarm.
    reload(hardened, config | {"live-restore": False})


def test_setuid_bits_go(hardened: TestEngine) -> None:
    command = text("image-no-setuid", Via.DOCKERFILE).replace("{files}", '"/bin/climb"')
    hardened.build("h3/setuid:1", f"FROM {IMAGE}\nRUN cp /bin/busybox /bin/climb && chmod 4755 /bin/climb\n{command}")
    mode = hardened.docker(
        *("run", "--rm", "--network", "none", "--log-driver", "json-file", "h3/setuid:1"),
        *("busybox", "stat", "-c", "%a", "/bin/climb"),
    )
    assert mode == "755"


def test_the_health_check_is_one(hardened: TestEngine) -> None:
    hardened.build("h3/health:1", f"FROM {IMAGE}\n{text('image-healthcheck', Via.DOCKERFILE)}")
    test = json.loads(hardened.docker("image", "inspect", "--format", "{{json .Config.Healthcheck}}", "h3/health:1"))
    assert test["Test"][0] == "CMD"
    assert test["Retries"] == 3


@pytest.mark.parametrize("rule", ["daemon-unused-images", "daemon-stopped-containers"])
def test_prune_commands_are_accepted(hardened: TestEngine, rule: str) -> None:
    """They ask before they remove: the answer here is yes, and the filters spare what is young."""
    hardened.docker("tag", IMAGE, "h3/young:1")
    for line in text(rule, Via.LIVE).strip().splitlines():
        words = shlex.split(line)
        assert words[0] == "docker"
        done = subprocess.run(["docker", "-H", hardened.endpoint, *words[1:]], input=b"y\n", capture_output=True)
        assert done.returncode == 0, done.stderr
    assert "h3/young" in hardened.docker("image", "ls")


def test_leaving_a_swarm(hardened: TestEngine) -> None:
    hardened.docker("swarm", "init", "--advertise-addr", "127.0.0.1")
    hardened.docker(*shlex.split(text("daemon-swarm-off", Via.LIVE))[1:])
    assert info(hardened)["Swarm"]["LocalNodeState"] == "inactive"


def test_the_base_size_is_taken_out_and_the_rest_kept(hardened: TestEngine) -> None:
    path = hardened.folder / "devicemapper.json"
    path.write_text(json.dumps({"icc": False, "storage-opts": ["dm.basesize=50G", "dm.thinpooldev=/dev/pool"]}))
    first = text("daemon-base-device-size", Via.HOST).splitlines()[0].replace("{daemon_json}", shlex.quote(str(path)))
    subprocess.run(["sh", "-c", first], check=True)
    assert json.loads(path.read_text()) == {"icc": False, "storage-opts": ["dm.thinpooldev=/dev/pool"]}


def test_the_first_generation_of_registries_is_refused_and_the_rest_kept(hardened: TestEngine) -> None:
    """In a file that is there, and in one that is not. The engine of the test machine has lost the option itself."""
    for before in (None, {"icc": False}):
        path = hardened.folder / f"legacy-{before is None}.json"
        if before is not None:
            path.write_text(json.dumps(before))
        first = (
            text("daemon-legacy-registry", Via.HOST).splitlines()[0].replace("{daemon_json}", shlex.quote(str(path)))
        )
        subprocess.run(["sh", "-c", first], check=True)
        assert json.loads(path.read_text()) == {**(before or {}), "disable-legacy-registry": True}
