"""The whole compose file on a real engine, and Posture's own container rules against Posture's containers."""

import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from posture.evaluation.catalogue import load
from posture.evaluation.evaluate import evaluate
from posture.evaluation.ruleset import build
from posture.evaluation.verdict import Status, Verdict
from posture.facts.normalise import normalise
from posture.facts.vocabulary import Kind
from posture.facts.wire.snapshot import Snapshot
from posture.fleet.services.choices import DEFAULT_EDITIONS
from posture.tests.compose.stack import (
    ROOT,
    Stack,
    build_stand_ins,
    debian_tree,
    import_base,
    run,
)
from posture.tests.engine import TestEngine, available
from posture.tests.remap import add_remap_account
from posture.tests.requirements import require

pytestmark = [pytest.mark.compose, pytest.mark.engine, pytest.mark.slow]
SERVICES = {"front", "web", "worker", "remote", "beat", "database", "redis"}
SHELL = ("python3", "manage.py", "shell", "-c")
OUR_IMAGES = {"posture-app:0.1.0", "posture-front:0.1.0"}


def kept_folder() -> Path:
    """A folder on a real disk, kept between runs."""
    return Path(os.environ.get("POSTURE_TEST_DISK", tempfile.gettempdir())) / "posture-debian"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything up and healthy. The engine remaps users: our own rules ask for it."""
    require("dockerd", available())
    for program in ("docker-compose", "debootstrap", "openssl"):
        require(program, shutil.which(program) is not None)
    add_remap_account()
    with TestEngine(options=["--userns-remap", "default"]) as engine:
        import_base(engine, debian_tree(kept_folder()))
        build_stand_ins(engine)
        stack = Stack(engine, tmp_path_factory.mktemp("stack"))
        stack.prepare()
        stack.compose("build")
        stack.compose("up", "--detach")
        wait_until_healthy(stack)
        yield stack
        stack.compose("down", "--volumes")


def wait_until_healthy(stack: Stack, *, seconds: float = 180.0) -> None:
    """Wait for every service's own health check."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        lines = stack.engine.docker(
            "ps", "--filter", "label=com.docker.compose.project=posture", "--format", "{{.Names}} {{.Status}}"
        ).splitlines()
        if len(lines) == len(SERVICES) and all("(healthy)" in line for line in lines):
            return
        time.sleep(1)
    raise AssertionError("\n".join([*lines, stack.compose("logs", "--tail", "20")]))


@pytest.fixture(scope="module")
def agent(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The agent as the front offers it, with its state; enrolled."""
    context = ssl.create_default_context(cafile=str(stack.folder / "secrets/tls_ca"))
    with urllib.request.urlopen(f"{stack.url}/agent/posture-agent.pyz", context=context, timeout=20) as answer:  # noqa: S310 - https, our own address
        body = answer.read()
    program = tmp_path_factory.mktemp("agent") / "posture-agent.pyz"
    program.write_bytes(body)
    state = program.parent / "state"
    key = stack.compose("exec", "-T", "web", "python3", "manage.py", "enrolment_key", "--local").split()[-1]
    run(
        sys.executable, str(program), "enrol", stack.url, "--key", key,
        "--ca-sha256", stack.authority_digest(), "--state", str(state),
    )  # fmt: skip
    return program, state


def test_an_agent_delivers_and_is_judged(stack: Stack, agent: tuple[Path, Path]) -> None:
    program, state = agent
    run(sys.executable, str(program), "send", "-H", stack.engine.endpoint, "--state", str(state))
    asked = "from posture.fleet.models import OpenScore; print('score', OpenScore.objects.get(edition='posture').score)"
    end = time.monotonic() + 60
    said = ""
    while time.monotonic() < end and "score" not in said:
        time.sleep(1)
        done = subprocess.run(
            [
                "docker",
                "-H",
                stack.engine.endpoint,
                "exec",
                "posture_web_1",
                "python3",
                "manage.py",
                "shell",
                "-c",
                asked,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout
    assert float(said.split()[-1]) > 50


def test_our_rules_find_nothing_in_our_containers(stack: Stack, tmp_path: Path) -> None:
    verdicts = judge(stack, tmp_path)
    ours = [v for v in verdicts if v.resource.kind is Kind.CONTAINER and v.resource.name.startswith("posture_")]
    # Without AppArmor and SELinux in the kernel every container fails 5.2 as unsupported: the kernel's fault, not ours.
    complaints = [v for v in ours if not (v.check == "container-apparmor" and v.reason == "unsupported_by_kernel")]
    # Every image here was made on the spot and comes from no registry: there is no digest to name it by.
    complaints = [v for v in complaints if v.check != "container-image-pinned"]
    assert [describe(v) for v in complaints] == []


def test_our_rules_find_nothing_in_our_images(stack: Stack, tmp_path: Path) -> None:
    verdicts = judge(stack, tmp_path)
    images = [v for v in verdicts if v.resource.kind is Kind.IMAGE and v.resource.name in OUR_IMAGES]
    # No scanner left a result on this machine, and none may be had here: what was not scanned is unknown.
    images = [v for v in images if not (v.check == "image-scanned" and v.status is Status.UNKNOWN)]
    assert [describe(v) for v in images] == []


def test_only_the_front_is_published(stack: Stack) -> None:
    published = stack.engine.docker("ps", "--format", "{{.Names}} {{.Ports}}").splitlines()
    assert [line.split()[0] for line in published if "->" in line] == ["posture_front_1"]


def describe(verdict: Verdict) -> str:
    """One line for the failure's text."""
    return f"{verdict.resource.name} {verdict.check} {verdict.status} {[(e.fact, e.seen) for e in verdict.evidence]}"


def judge(stack: Stack, folder: Path) -> tuple[Verdict, ...]:
    """What fails or is unknown on the stack's engine, by the real agent and rules."""
    text = run(
        sys.executable, "-m", "agents.posture_agent", "collect",
        "-H", stack.engine.endpoint, "--state", str(folder / "state"), folder=ROOT,
    )  # fmt: skip
    facts = normalise(msgspec.json.decode(text, type=Snapshot))
    names = {r.name for r in facts.resources}
    assert {f"posture_{service}_1" for service in SERVICES} | OUR_IMAGES <= names
    ruleset = build(load(), parameters={}, editions=DEFAULT_EDITIONS)
    return evaluate(facts, ruleset, datetime.now(UTC)).verdicts
