"""An image is said to be built from what its label names and what histories and layers prove."""

from typing import Any

import pytest

from agents.posture_agent.collectors import bases
from agents.tests.recorded_engine import RecordedEngine
from agents.tests.test_recorded import read_images


def origin(*layers: str, label: Any = None) -> bases.Origin:
    labels = None if label is None else {bases.LABEL: label, "other": "x"}
    return bases.Origin({"RootFS": {"Type": "layers", "Layers": list(layers)}, "Config": {"Labels": labels}})


def named(*tags: str, digests: Any = None) -> dict[str, Any]:
    return {"RepoTags": list(tags), "RepoDigests": digests}


def test_tags_and_digests_of_every_image_below_name_it() -> None:
    below = [
        (origin("a", "b"), named("shop/base:1", "shop/base:latest")),
        (origin("a"), named("debian:12", "<none>:<none>", digests=["debian@sha256:00"])),
        (origin("a"), named()),
    ]
    found = bases.names(origin("a", "b", "c"), below)
    assert found == ["debian:12", "debian@sha256:00", "shop/base:1", "shop/base:latest"]


def test_a_history_alone_proves_nothing() -> None:
    assert bases.names(origin("a", "b"), [(origin("x"), named("debian:12")), (origin(), named("scratch:1"))]) == []


def test_the_builders_word_counts_too() -> None:
    own = origin("a", "b", label="docker.io/library/debian:12")
    assert bases.names(own, [(origin("a"), named("me/debian:1"))]) == ["docker.io/library/debian:12", "me/debian:1"]


@pytest.mark.parametrize(
    "label", ["", 7, ["debian"], "x" * 4097, "me:hunter2@registry.example/app:1", "the password is hunter2"]
)
def test_a_label_that_is_no_name_is_left_out(label: Any) -> None:
    assert bases.names(origin("a", label=label), []) == []


@pytest.mark.parametrize("raw", [{}, {"Config": None, "RootFS": None}, {"Config": {"Labels": None}, "RootFS": {}}])
def test_an_engine_that_tells_nothing_gives_no_name(raw: Any) -> None:
    assert bases.names(bases.Origin(raw), [(origin("a"), named("debian:12"))]) == []


@pytest.mark.parametrize(
    ("engine", "wanted"),
    [
        ("docker-20.10.24", {"shop/web:2": ["posture-test:1"], "posture-test:1": None}),
        ("docker-20.10.24-swarm", {"shop/api:1": ["posture-test:1"], "posture-test:1": None}),
        ("podman-4.3.1", {"localhost/shop/web:2": None}),
    ],
)
def test_recorded_engines_tell_what_was_built_from_what(engine: str, wanted: dict[str, Any]) -> None:
    found = {image["RepoTags"][0]: image.get("Bases") for image in read_images(RecordedEngine(engine))}
    assert found == wanted
