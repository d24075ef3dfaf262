"""The agent speaks with every engine in the newest API version that both know."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agents.posture_agent.collection import Options, collect
from agents.posture_agent.engine_api import NEWEST_API, EngineClient, EngineError
from agents.tests.recorded_engine import ENGINES, RecordedEngine
from agents.tests.served_engine import numbers, served
from posture.evaluation.assessed import assess
from posture.evaluation.catalogue import load
from posture.facts.wire.snapshot import Facts, Snapshot

BOARD = Path("posture/examples/odroid-xu3-2016/before.json")


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_answers_through_its_own_versions(name: str, tmp_path: Path) -> None:
    engine = RecordedEngine(name)
    with served(tmp_path, engine) as (server, endpoint):
        facts = collect(Options([endpoint], b"k" * 32, None, root="/nonexistent")).facts
    msgspec.json.decode(json.dumps(facts), type=Facts)
    wanted = min(numbers(engine.version()["ApiVersion"]), NEWEST_API)
    assert {path.split("/")[1] for path in server.asked[1:]} == {"v%d.%d" % wanted}
    (read,) = facts["Engines"]
    key = read["Key"]
    assert {source["Name"] for source in facts["Sources"] if source["Status"] == "ok"} >= {
        f"{key}.{part}" for part in ("version", "info", "containers", "images", "networks", "swarm")
    }
    assert [one for one in [*read["Containers"], *read["Images"]] if "Error" in one] == []


@pytest.mark.parametrize(
    ("newest", "oldest", "prefix"),
    [
        ("1.23", None, "/v1.23"),
        ("1.41", "1.12", "/v1.41"),
        ("1.52", "1.44", "/v1.52"),
        ("1.99", "1.44", "/v1.52"),
        (None, None, ""),
    ],
)
def test_the_newest_version_that_both_know(newest: str | None, oldest: str | None, prefix: str, tmp_path: Path) -> None:
    with served(tmp_path, telling(newest, oldest)) as (_, endpoint):
        api = EngineClient(endpoint)
        api.version()
        api.close()
    assert api.prefix == prefix


@pytest.mark.parametrize(
    ("newest", "oldest", "told"), [("1.22", None, "older than Docker 1.11"), ("2.1", "2.0", "update the agent")]
)
def test_no_version_that_both_know(newest: str, oldest: str | None, told: str, tmp_path: Path) -> None:
    with served(tmp_path, telling(newest, oldest)) as (_, endpoint):
        facts = collect(Options([endpoint], b"k" * 32, None, root="/nonexistent")).facts
        with pytest.raises(EngineError, match=told):
            EngineClient(endpoint).version()
    (source,) = [one for one in facts["Sources"] if one["Name"] == "docker.version"]
    assert told in source["Detail"]


def telling(newest: str | None, oldest: str | None) -> RecordedEngine:
    """A recorded engine that tells other versions."""
    engine = RecordedEngine("docker-28.5.2")
    told = {"ApiVersion": newest, "MinAPIVersion": oldest}
    kept = {key: value for key, value in engine.answers["version"].items() if key not in told}
    engine.answers["version"] = {**kept, **{key: value for key, value in told.items() if value}}
    return engine


def test_an_engine_of_2016_through_the_agent(tmp_path: Path) -> None:
    """What the example of the ODROID tells of its engine is what the agent makes of the constructed answers."""
    example = json.loads(BOARD.read_text())
    (wanted,) = example["facts"]["Engines"]
    with served(tmp_path, RecordedEngine("docker-1.11.1-constructed")) as (_, endpoint):
        (found,) = collect(Options([endpoint], b"k" * 32, None, root="/nonexistent")).facts["Engines"]
    assert holds(found, {key: wanted[key] for key in ("Kind", "Version", "Info", "Networks")})
    (container,) = found["Containers"]
    assert holds(container, {key: value for key, value in wanted["Containers"][0].items() if key != "Process"})
    # The agent's own engine in the example's place gives the same verdicts.
    container["Process"] = wanted["Containers"][0]["Process"]
    del found["Images"]  # the thesis tells nothing of them
    for key in ("Daemon", "Endpoint", "Key"):
        found[key] = wanted[key]
    before = words(example)
    example["facts"]["Engines"] = [found]
    assert words(example) == before


def words(snapshot: dict[str, Any]) -> dict[str, str]:
    """Today's word for each control of the edition of 2016."""
    decoded = msgspec.json.decode(json.dumps(snapshot), type=Snapshot)
    found = assess(decoded, load(), edition="cis-docker-1.11.0")
    return {one.control.number: str(one.status) for one in found.controls()}


def holds(found: Any, wanted: Any) -> bool:
    """Whether everything wanted was found, whatever else was."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(key in found and holds(found[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(holds, found, wanted))
    return bool(found == wanted)


def test_several_engines_of_one_host(tmp_path: Path) -> None:
    """Each has its facts under its own key, which it keeps when another one is read before it, or is away."""
    names = ("docker-28.5.2", "podman-5.4.2", "docker-20.10.24")
    places = {name: tmp_path / name for name in names}
    for place in places.values():
        place.mkdir()

    def read(*order: str) -> dict[str, tuple[str, bool]]:
        """By key: the kind, and whether the engine answered."""
        endpoints = [f"unix://{places[name]}/engine.sock" for name in order]
        options = Options(endpoints, b"k" * 32, str(tmp_path), root="/nonexistent")
        found = collect(options).facts["Engines"]
        return {one["Key"]: (one["Kind"], "Containers" in one) for one in found}

    docker, podman, other = names
    with served(places[docker], RecordedEngine(docker)), served(places[podman], RecordedEngine(podman)):
        assert read(docker, podman) == {"docker": ("docker", True), "podman": ("podman", True)}
        with served(places[other], RecordedEngine(other)):
            wanted = {"docker": ("docker", True), "podman": ("podman", True), "docker-2": ("docker", True)}
            assert read(other, podman, docker) == wanted
    away = {key: (kind, False) for key, (kind, _) in wanted.items()}
    assert read(podman, other, docker) == away
