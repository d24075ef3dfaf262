"""The agent beside a real dockerd of an ordinary user, found in that user's run-time directory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agents.posture_agent import endpoints
from agents.posture_agent.collection import Options, collect
from posture.facts.normalise import normalise
from posture.facts.resource import HostFacts
from posture.facts.tests.builders import snapshot
from posture.facts.vocabulary import Kind
from posture.facts.wire.snapshot import Facts
from posture.tests import ordinary, rootless
from posture.tests.requirements import require

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def docker() -> Iterator[rootless.RootlessDocker]:
    require("rootlesskit, newuidmap, dockerd, and root", rootless.available() and ordinary.available())
    with ordinary.OrdinaryUser() as user:
        user.write(".config/docker/daemon.json", '{"log-driver": "local"}')
        with rootless.RootlessDocker(user) as engine:
            engine.run("web")
            yield engine


@pytest.fixture(scope="module")
def facts(docker: rootless.RootlessDocker) -> dict[str, Any]:
    found: dict[str, Any] = collect(Options([docker.endpoint], b"k" * 32, None)).facts
    return found


def judged(facts: dict[str, Any]) -> HostFacts:
    decoded = msgspec.json.decode(msgspec.json.encode(facts), type=Facts)
    return normalise(msgspec.structs.replace(snapshot(), facts=decoded))


def test_facts_of_a_rootless_engine(facts: dict[str, Any], docker: rootless.RootlessDocker) -> None:
    (engine,) = facts["Engines"]
    assert "name=rootless" in engine["Info"]["SecurityOptions"]
    assert engine["Info"]["DockerRootDir"] == str(docker.user.home / ".local/share/docker")
    assert engine["Daemon"]["Uid"] == docker.user.uid
    assert engine["Daemon"]["FilePath"] == str(docker.user.home / ".config/docker/daemon.json")
    assert engine["Daemon"]["File"] == {"log-driver": "local"}
    assert engine["Daemon"]["Flags"]["bridge"] == "none"
    (container,) = engine["Containers"]
    assert container["Process"]["Uid"] == docker.user.uid
    assert container["Process"]["IdentityUidMap"] is False
    assert [one for one in facts["Sources"] if one["Name"].startswith("docker.") and one["Status"] != "ok"] == []


def test_what_is_judged_of_a_rootless_engine(facts: dict[str, Any]) -> None:
    found = judged(facts)
    assert found.context["docker"]["engine.Rootless"] is True
    (daemon,) = [one for one in found.resources if one.kind is Kind.DAEMON]
    assert daemon.facts["Rootless"] is True
    files = {
        one.purpose: one.facts["Rootless"] for one in found.resources if one.purpose in ("engine-socket", "data-root")
    }
    assert files == {"engine-socket": True, "data-root": True}
    (container,) = [one for one in found.resources if one.kind is Kind.CONTAINER]
    assert container.facts["HostUserns"] is False


def test_it_is_found_where_its_user_runs(docker: rootless.RootlessDocker, monkeypatch: pytest.MonkeyPatch) -> None:
    users = docker.user.folder / "users"
    users.mkdir()
    (users / str(docker.user.uid)).symlink_to(docker.user.run)
    monkeypatch.setattr(endpoints, "USERS", str(users))
    assert endpoints.of_users() == [f"{users}/{docker.user.uid}/docker.sock"]


def test_a_link_in_a_users_directory_leads_nowhere(
    docker: rootless.RootlessDocker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / str(docker.user.uid)
    own.mkdir()
    (own / "docker.sock").symlink_to(docker.socket)
    other = tmp_path / str(docker.user.uid + 1)
    other.symlink_to(docker.user.run)  # a socket of somebody else
    monkeypatch.setattr(endpoints, "USERS", str(tmp_path))
    assert endpoints.of_users() == []
