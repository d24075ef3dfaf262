"""The agent's one file, and an engine with something of every kind to read."""

import datetime as dt
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.tests.built import write_agent
from agents.tests.machines.interpreters import Interpreter
from agents.tests.machines.life import Life, live
from agents.tests.machines.likeness import Collect, Told
from posture.launch.account import own_account
from posture.launch.tls import Papers, make_papers
from posture.tests.engine import IMAGE, TestEngine, available
from posture.tests.requirements import require

SECRET = "Zq8vR2kP7xLm3nW9"
DOCKERFILE = f"""
FROM {IMAGE}
ENV API_TOKEN={SECRET}
COPY many.sh /bin/many.sh
RUN mkdir -p /usr/local/bin && touch /bin/su /usr/local/bin/sudo && chmod 4755 /bin/su /usr/local/bin/sudo
RUN sh /bin/many.sh
HEALTHCHECK --interval=30s CMD nc -z 127.0.0.1 80
"""
# Beyond what 32 bits can tell: an ARM board up to Debian 12 cannot look at such a file.
FUTURE = f"""
FROM {IMAGE}
RUN touch /bin/mount /etc/plain && chmod 6755 /bin/mount && touch -d '2040-01-01 00:00:00' /bin/mount /etc/plain
RUN rm /etc/plain
"""
MANY = b"#!/bin/sh\nmkdir /many; i=0; while [ $i -lt 5000 ]; do : > /many/a-rather-long-name-$i; i=$((i+1)); done\n"
BEYOND_31_BITS = 3 * 2**30


@pytest.fixture(scope="package")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The agent as it is delivered."""
    target = tmp_path_factory.mktemp("agent") / "posture-agent.pyz"
    write_agent(target)
    return target


@pytest.fixture(scope="package")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scanner's result, by a clock that is ahead of what 32 bits can tell."""
    folder = tmp_path_factory.mktemp("scans")
    vulnerabilities = [{"VulnerabilityID": f"CVE-2040-{n}", "Severity": "HIGH", "PkgName": "x"} for n in range(3)]
    result = {
        "SchemaVersion": 2, "ArtifactType": "container_image", "CreatedAt": "2040-01-01T00:00:00Z",
        "Metadata": {"RepoTags": ["posture-many:1"]},
        "Results": [{"Target": "x", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": vulnerabilities}],
    }  # fmt: skip
    (folder / "web.json").write_text(json.dumps(result))
    return folder


@pytest.fixture(scope="package")
def busy_engine() -> Iterator[TestEngine]:
    """An engine with containers of several kinds and images, large numbers and large directories among them."""
    require("dockerd", available())
    config = json.dumps({"log-level": "warn", "log-opts": {"max-size": "10m"}})
    with TestEngine(["--icc=false", "-H", "tcp://127.0.0.1:0"], config) as engine:
        engine.build("posture-many:1", DOCKERFILE, {"many.sh": MANY})
        engine.build("posture-future:1", FUTURE)
        engine.docker("network", "create", "--internal", "inner")
        engine.docker("volume", "create", "data")
        engine.run("plain")
        engine.run("strict", "--user", "1000:1000", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
                   "--read-only", "--memory", "64m", "--pids-limit", "10", "--network", "inner")  # fmt: skip
        engine.run("loose", "--pid", "host", "--network", "host", "--cap-add", "SYS_TIME", "-v", "/etc:/host/etc:ro",
                   "--security-opt", "seccomp=unconfined", "--memory", "6g", "--shm-size", "3g")  # fmt: skip
        engine.run("many", "-e", f"DB_PASSWORD={SECRET}", "-v", "data:/data", image="posture-many:1")
        engine.run("done", command=("true",))
        engine.create("privileged", "--privileged")
        upper = engine.docker("inspect", "--format", "{{.GraphDriver.Data.UpperDir}}", "plain")
        if upper.startswith("/"):
            with Path(upper, "large").open("wb") as file:
                file.truncate(BEYOND_31_BITS)
        engine.docker("wait", "done")
        yield engine


@pytest.fixture(scope="package")
def collect(agent: Path, scans: Path, busy_engine: TestEngine, tmp_path_factory: pytest.TempPathFactory) -> Collect:
    """Runs `posture-agent collect` with an interpreter, in a state directory of that name; all have one host key."""
    folder = tmp_path_factory.mktemp("states")
    key = bytes(range(32))

    def collecting(python: Interpreter, name: str) -> Told:
        state = folder / name
        shutil.rmtree(state, ignore_errors=True)  # what was remembered of images would not be read again
        state.mkdir(mode=0o700)
        (state / "host.key").write_bytes(key)
        words = ("-W", "error", str(agent), "collect", "--state", str(state), "--scans", str(scans))
        told: Told = json.loads(python.output(*words, "-H", busy_engine.endpoint))
        return told

    return collecting


@pytest.fixture(scope="package")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """A certificate authority of our own and the server's certificate, as `bin/up --listen` makes them."""
    folder = tmp_path_factory.mktemp("papers")
    for name in ("authority", "server"):
        (folder / name).mkdir()
    return make_papers(
        authority=folder / "authority", server=folder / "server", account=own_account(), address="127.0.0.1",
        now=dt.datetime.now(dt.UTC),
    )  # fmt: skip


@pytest.fixture(scope="package")
def lived(agent: Path, papers: Papers, tmp_path_factory: pytest.TempPathFactory) -> Life:
    """An agent's life with the Python that runs the tests."""
    return live(Interpreter((sys.executable,)), agent, papers, tmp_path_factory.mktemp("life"))
