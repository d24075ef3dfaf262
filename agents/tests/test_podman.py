"""The agent beside a real Podman, of root and of an ordinary user."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from agents.posture_agent.collection import Options, collect
from posture.facts.normalise import normalise
from posture.facts.resource import HostFacts
from posture.facts.tests.builders import snapshot
from posture.facts.vocabulary import Kind
from posture.facts.wire.snapshot import Facts
from posture.tests import ordinary, podman
from posture.tests.requirements import require

pytestmark = pytest.mark.engine


def read(*endpoints: str, folder: str | None = None) -> dict[str, Any]:
    """The host's facts as the agent sends them."""
    found: dict[str, Any] = collect(Options(list(endpoints), b"k" * 32, folder)).facts
    return found


def judged(facts: dict[str, Any]) -> HostFacts:
    decoded = msgspec.json.decode(msgspec.json.encode(facts), type=Facts)
    return normalise(msgspec.structs.replace(snapshot(), facts=decoded))


@pytest.fixture(scope="module")
def of_root() -> Iterator[dict[str, Any]]:
    require("podman, and root to run it", podman.available())
    with podman.TestPodman() as engine:
        engine.run(
            "strict", "--cap-drop", "ALL", "--read-only", "--security-opt", "no-new-privileges", "--user", "1000"
        )
        engine.run("plain", "-e", "DB_PASSWORD=not-a-secret-value")
        engine.podman("create", "--name", "privileged", "--privileged", podman.IMAGE, "sleep", "60")
        yield {**read(engine.endpoint), "endpoint": engine.endpoint}


@pytest.fixture(scope="module")
def of_user() -> Iterator[dict[str, Any]]:
    require("podman, newuidmap, and root to become somebody else", podman.available() and ordinary.available())
    with ordinary.OrdinaryUser() as user, podman.TestPodman(user) as engine:
        engine.run("plain")
        yield {**read(engine.endpoint), "uid": user.uid, "home": str(user.home)}


def containers(facts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["Name"]: one for one in facts["Engines"][0]["Containers"]}


def test_podman_of_root(of_root: dict[str, Any]) -> None:
    (engine,) = of_root["Engines"]
    assert (engine["Key"], engine["Kind"], engine["Info"]["Rootless"]) == ("podman", "podman", False)
    found = containers(of_root)
    assert {name: one["State"]["Status"] for name, one in found.items()} == {
        "strict": "running", "plain": "running", "privileged": "created",
    }  # fmt: skip
    assert found["strict"]["Process"]["NoNewPrivs"] == 1
    assert found["strict"]["Process"]["CapBnd"] == "0" * 16
    assert found["strict"]["Process"]["ContainerUid"] == 1000
    assert found["plain"]["Process"]["IdentityUidMap"] is True
    assert {mark["Place"] for mark in found["plain"]["Marks"]} == {"Config.Env.DB_PASSWORD"}
    failed = {
        one["Name"]: one["Reason"]
        for one in of_root["Sources"]
        if one["Name"].startswith("podman.") and "Reason" in one
    }
    assert failed == {"podman.daemon": "absent"}


def test_what_is_judged_of_podman_of_root(of_root: dict[str, Any]) -> None:
    facts = judged({key: value for key, value in of_root.items() if key != "endpoint"})
    assert facts.context["podman"]["engine.Rootless"] is False
    by_name = {one.name: one.facts for one in facts.resources if one.kind is Kind.CONTAINER}
    assert by_name["strict"]["DroppedCapabilities"] == ("ALL",)
    assert by_name["plain"]["HostUserns"] is True
    assert by_name["privileged"]["HostConfig.Privileged"] is True


def test_podman_of_an_ordinary_user(of_user: dict[str, Any]) -> None:
    (engine,) = of_user["Engines"]
    assert engine["Info"]["Rootless"] is True
    assert engine["Info"]["DockerRootDir"].startswith(of_user["home"])
    process = containers(of_user)["plain"]["Process"]
    assert process["Uid"] == of_user["uid"]  # root inside is nobody special outside
    assert process["ContainerUid"] == 0
    assert process["IdentityUidMap"] is False
    facts = judged({key: value for key, value in of_user.items() if key not in ("uid", "home")})
    assert facts.context["podman"]["engine.Rootless"] is True
    (container,) = [one for one in facts.resources if one.kind is Kind.CONTAINER]
    assert container.facts["HostUserns"] is False
    (socket,) = [one for one in facts.resources if one.purpose == "engine-socket"]
    assert socket.facts["Rootless"] is True
