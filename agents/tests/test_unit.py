"""The systemd unit: well-formed, tight, and yet the agent reads under it everything that it reads without it."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.build import SOURCES
from agents.tests import private_systemd
from agents.tests.built import write_agent
from posture.tests.engine import IMAGE, TestEngine
from posture.tests.engine import available as engine_available
from posture.tests.requirements import require

UNITS = SOURCES / "systemd"
SERVICE = (UNITS / "posture-agent.service").read_text(encoding="utf-8")
EXPOSURE = 3.1  # as systemd 252 counts; what is left is what the agent reads with, each explained in the unit
CAPABILITIES = next(line for line in SERVICE.splitlines() if line.startswith("CapabilityBoundingSet=")).split("=")[1]


def analyze(*words: str | Path) -> str:
    require("systemd-analyze", shutil.which("systemd-analyze") is not None)
    done = subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def test_the_units_are_well_formed(tmp_path: Path) -> None:
    program = tmp_path / "posture-agent"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for name in ("posture-agent.service", "posture-agent.timer"):
        text = (UNITS / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("/usr/local/bin/posture-agent", str(program)))
    answer = analyze("verify", "--man=no", tmp_path / "posture-agent.service", tmp_path / "posture-agent.timer")
    assert [line for line in answer.splitlines() if "posture-agent" in line] == []


def test_the_unit_is_tight() -> None:
    answer = analyze("security", "--offline=true", "--no-pager", UNITS / "posture-agent.service")
    verdict = re.search(r"Overall exposure level for posture-agent.service: ([0-9.]+) (\w+)", answer)
    assert verdict is not None, answer
    assert float(verdict.group(1)) <= EXPOSURE
    assert verdict.group(2) in ("OK", "SAFE", "PERFECT")


@pytest.mark.parametrize("capability", CAPABILITIES.split())
def test_each_capability_is_explained(capability: str) -> None:
    comments = " ".join(line for line in SERVICE.splitlines() if line.startswith("#"))
    assert f"{capability.removeprefix('CAP_')}:" in comments


@pytest.mark.parametrize(
    "sandbox", ["PrivateDevices", "ProtectKernelModules", "ProcSubset", "PrivateUsers", "PrivateNetwork"]
)
def test_each_sandbox_that_is_open_is_explained(sandbox: str) -> None:
    assert f"\n{sandbox}=" not in SERVICE
    assert f"ot {sandbox}" in " ".join(line for line in SERVICE.splitlines() if line.startswith("#"))


@pytest.fixture(scope="module")
def engine() -> Iterator[TestEngine]:
    """An engine with a running container and files that only their owners may read."""
    require("dockerd", engine_available())
    with TestEngine() as running:
        running.docker("run", "-d", "--name", "web", "--user", "1000", IMAGE, "sleep", "600")
        yield running


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("built") / "posture-agent.pyz"
    write_agent(target)
    return target


def facts(text: bytes) -> dict[str, Any]:
    """The facts of a snapshot, but for what other programs of this machine change between two of them."""
    found: dict[str, Any] = json.loads(text)["facts"]
    for name in ("Listeners", "Mounts"):
        found["Host"][name] = len(found["Host"][name]) > 0
    return found


def differing(one: Any, other: Any, place: str = "") -> list[str]:
    """The places where two facts differ, with both values."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted(one.keys() | other.keys())
        return [line for key in keys for line in differing(one.get(key), other.get(key), f"{place}/{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [line for n in range(len(one)) for line in differing(one[n], other[n], f"{place}/{n}")]
    return [] if one == other else [f"{place}: {one!r} is not {other!r}"]


@pytest.mark.engine
def test_its_capabilities_are_enough(agent: Path, engine: TestEngine, tmp_path: Path) -> None:
    """The engine's socket belongs to another account, as that of a rootless one."""
    require("setpriv", shutil.which("setpriv") is not None)
    command = [sys.executable, str(agent), "collect", "-H", engine.endpoint, "--state", str(tmp_path / "state")]
    kept = ",".join(f"+{name.removeprefix('CAP_').lower()}" for name in CAPABILITIES.split())
    confined = ["setpriv", "--no-new-privs", "--inh-caps=-all", f"--bounding-set=-all,{kept}", *command]
    shutil.chown(engine.socket, 1000, 1000)
    engine.socket.chmod(0o600)
    try:
        free, bound = (subprocess.run(words, capture_output=True, timeout=60) for words in (command, confined))
    finally:
        shutil.chown(engine.socket, 0, 0)
    assert free.returncode == bound.returncode == 0, bound.stderr
    assert any(
        source["Name"] == "docker.processes" and source["Status"] == "ok" for source in facts(free.stdout)["Sources"]
    )
    assert differing(facts(bound.stdout), facts(free.stdout)) == []


@pytest.mark.engine
def test_its_sandbox_hides_nothing(agent: Path, engine: TestEngine, tmp_path: Path) -> None:
    """Under a real systemd: the whole unit beside one without any confinement."""
    require("systemd", private_systemd.available())
    results = {}
    for name in ("confined", "free"):
        results[name] = (tmp_path / f"{name}.json", tmp_path / f"{name}.err")
    (tmp_path / "state").mkdir()
    command = f"{sys.executable} {agent} collect -H {engine.endpoint} --state /var/lib/posture-agent"
    # The tests' files lie in /tmp, which the unit does not see: the program and the state are brought in, and the
    # Python, whose checkout may lie there too.
    inside = f"BindReadOnlyPaths={agent} {sys.prefix}\n"
    inside += f"BindPaths={tmp_path / 'state'}:/var/lib/posture-agent {engine.socket}\n"
    starts = f"{inside}ExecStart={command}\nExecStart=/bin/cat /proc/self/status\n"
    service = SERVICE.replace("ExecStart=/usr/local/bin/posture-agent send --due\n", starts)
    assert command in service
    free = f"[Service]\nType=oneshot\n{inside}ExecStart={command}\n"
    units = {
        "confined.service": service,
        "free.service": free,
        "last.service": f"[Service]\nType=oneshot\nExecStart=/bin/touch {tmp_path}/done\n",
    }
    for name, text in units.items():
        kind = name.partition(".")[0]
        after = {"confined": "", "free": "After=confined.service\n", "last": "After=free.service\n"}[kind]
        if kind != "last":
            out, err = results[kind]
            text += f"\n[Service]\nStandardOutput=append:{out}\nStandardError=file:{err}\n"
        units[name] = text + f"\n[Unit]\nDefaultDependencies=no\n{after}"
    private_systemd.run_units(tmp_path / "units", units, tmp_path / "done")
    read = {name: out.read_bytes().partition(b"\n") for name, (out, err) in results.items()}
    assert all(first for first, _, _ in read.values()), [err.read_text() for _, err in results.values()]
    status = dict(line.split(b":\t") for line in read["confined"][2].splitlines())
    assert (status[b"NoNewPrivs"], status[b"Seccomp"]) == (b"1", b"2"), "the unit's confinement was in force"
    assert bin(int(status[b"CapBnd"], 16)).count("1") == len(CAPABILITIES.split())
    confined, unconfined = facts(read["confined"][0]), facts(read["free"][0])
    assert confined["Sources"] == unconfined["Sources"]
    assert differing(confined, unconfined) == []
