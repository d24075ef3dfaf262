"""The agent's one file, and an engine with something of every kind to read."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.build import build
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
    build(target)
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
