"""Facts of an image."""

from typing import Any

import pytest

from posture.facts.image import repository
from posture.facts.normalise import normalise
from posture.facts.tests.builders import image, snapshot
from posture.facts.values import Reason, Unseen, Value

HIDDEN = Unseen(Reason.NOT_COLLECTED)


def fact(name: str, **overrides: Any) -> Value:
    found = normalise(snapshot([], [image("nginx:1.25", **overrides)]))
    return next(one for one in found.resources if one.kind == "image").facts[name]


@pytest.mark.parametrize(
    ("reference", "wanted"),
    [
        ("nginx", "docker.io/library/nginx"),
        ("nginx:1.25", "docker.io/library/nginx"),
        ("me/app:1@sha256:00", "docker.io/me/app"),
        ("hub.example/app:1", "hub.example/app"),
        ("localhost/app", "localhost/app"),
        ("hub:5000/a/b", "hub:5000/a/b"),
        ("index.docker.io/library/nginx", "docker.io/library/nginx"),
    ],
)
def test_repositories_are_fully_spelled(reference: str, wanted: str) -> None:
    assert repository(reference) == wanted


def layer(instruction: str, *traits: str, base: bool = False, empty: bool = False) -> dict[str, Any]:
    return {"Instruction": instruction, "Traits": list(traits), "Base": base, "Empty": empty}


def test_what_layers_did() -> None:
    history = [layer("ADD", base=True), layer("ADD", "remote-add"), layer("RUN", "index-refresh"), layer("COPY")]
    assert fact("AddInstructions", History=history) == 1
    assert fact("RemoteAdds", History=history) == 1
    assert fact("LoneIndexRefresh", History=history) == 1
    both = [layer("RUN", "index-refresh", "package-install")]
    assert fact("LoneIndexRefresh", History=both) == 0
    piped = [layer("RUN", "pipe-to-shell"), layer("RUN", "unauthenticated-packages")]
    assert fact("UnauthenticatedInstalls", History=piped) == ("download piped to a shell", "unverified packages")


def test_layers_that_say_nothing_prove_nothing() -> None:
    silent = [layer("")]
    for name in ("AddInstructions", "RemoteAdds", "LoneIndexRefresh", "UnauthenticatedInstalls"):
        assert fact(name, History=silent) == HIDDEN
        assert fact(name, History=[]) == HIDDEN
    assert fact("AddInstructions", History=[layer("ADD"), layer(""), layer("")]) == 1  # what was seen stays seen


def test_marks_and_setuid_files() -> None:
    marks = [{"Pattern": "aws-access-key", "Place": "Config.Env.KEY"}]
    assert fact("SecretMarks", Marks=marks) == ("aws-access-key at Config.Env.KEY",)
    assert fact("SetuidFiles", SetuidFiles=[{"Path": "/usr/bin/su", "Mode": 0o4755}]) == ("/usr/bin/su 4755",)


def test_moments() -> None:
    assert fact("Created", Created="2025-01-02T03:04:05.123456789+02:00") == "2025-01-02T01:04:05Z"
    assert fact("Created", Created="0001-01-01T00:00:00Z") == Unseen(Reason.SOURCE_FAILED)


def test_health_checks() -> None:
    assert fact("Healthcheck", Healthcheck={"Kind": "NONE"}) is False
    assert fact("Healthcheck", Healthcheck={"Kind": "CMD-SHELL"}) is True


def test_keys() -> None:
    found = normalise(snapshot([], [image("b:1", RepoTags=["b:1", "a:2"]), image("c:1", RepoTags=[], RepoDigests=[])]))
    keys = sorted(one.key for one in found.resources if one.kind == "image")
    assert keys[0] == "docker/image/a:2"
    assert keys[1].startswith("docker/image/sha256:")
