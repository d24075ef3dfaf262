"""An engine keeps its key, whichever others come and go."""

import json
from pathlib import Path

import pytest

from agents.posture_agent.enginekeys import MAX_KEPT, EngineKeys

DOCKER, PODMAN, OTHER = "unix:///var/run/docker.sock", "unix:///run/podman/podman.sock", "tcp://192.0.2.1:2375"
USERS = "unix:///run/user/1000/podman/podman.sock"


def given(path: Path | None, *wanted: tuple[str, str]) -> list[str]:
    """The keys of one collection in which every engine answers."""
    keys = EngineKeys(str(path) if path else None)
    found = [keys.give(endpoint, kind, answered=True) for endpoint, kind in wanted]
    keys.save()
    return found


def test_keys_say_what_an_engine_is_and_whose() -> None:
    found = given(None, (DOCKER, "docker"), (PODMAN, "podman"), (OTHER, "docker"), (USERS, "podman"), (OTHER, "docker"))
    assert found == ["docker", "podman", "docker-2", "podman-1000", "docker-3"]


def test_an_engine_keeps_its_key_when_others_come(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    assert given(path, (OTHER, "docker")) == ["docker"]
    assert given(path, (DOCKER, "docker"), (OTHER, "docker")) == ["docker-2", "docker"]
    assert given(path, (OTHER, "docker"), (DOCKER, "docker")) == ["docker", "docker-2"]
    assert given(path, (DOCKER, "docker")) == ["docker-2"]


def test_an_engine_that_is_down_is_what_it_was(tmp_path: Path) -> None:
    """Else a Podman behind TCP would seem to be gone, and all that is wrong with it mended."""
    path = tmp_path / "keys.json"
    assert given(path, (DOCKER, "docker"), (OTHER, "podman")) == ["docker", "podman"]
    keys = EngineKeys(str(path))
    assert keys.kind(OTHER) == "podman"
    assert keys.give(OTHER, "podman", answered=False) == "podman"


def test_a_guess_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    keys = EngineKeys(str(path))
    assert keys.kind(OTHER) == "docker"
    assert keys.give(OTHER, "docker", answered=False) == "docker"
    keys.save()
    assert not path.exists()
    assert given(path, (OTHER, "podman")) == ["podman"]


def test_another_engine_in_the_same_place_has_another_key(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    assert given(path, (DOCKER, "docker")) == ["docker"]
    assert given(path, (DOCKER, "podman")) == ["podman"]


def test_a_link_to_a_socket_is_the_socket(tmp_path: Path) -> None:
    path, socket, link = tmp_path / "keys.json", tmp_path / "real.sock", tmp_path / "docker.sock"
    link.symlink_to(socket)
    assert given(path, (f"unix://{socket}", "docker")) == ["docker"]
    assert given(path, (DOCKER, "docker"), (f"unix://{link}", "docker")) == ["docker-2", "docker"]


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[]", "3", '{"tcp://x:1": 3}', '{"tcp://x:1": ["docker"]}', '{"tcp://x:1": ["x", "docker"]}'],
)
def test_a_damaged_memory_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)
    assert given(path, (OTHER, "docker")) == ["docker"]
    assert json.loads(path.read_text())[OTHER] == ["docker", "docker"]


def test_the_key_of_a_forgotten_engine_is_free(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    assert given(path, (OTHER, "docker")) == ["docker"]
    keys = EngineKeys(str(path))
    keys.forget(OTHER)
    keys.save()
    assert given(path, (DOCKER, "docker")) == ["docker"]


def test_the_memory_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    given(path, *[(f"tcp://192.0.2.1:{port}", "docker") for port in range(1, 100)])
    assert len(json.loads(path.read_text())) == MAX_KEPT
