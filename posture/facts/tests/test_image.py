"""Facts of an image."""

from typing import Any

import pytest
from msgspec import UNSET

from posture.facts.image import repository
from posture.facts.normalise import normalise
from posture.facts.tests.builders import container, image, image_id, snapshot
from posture.facts.values import Reason, Unseen, Value
from posture.facts.wire.snapshot import Source

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
        ("HUB/me/app", "HUB/me/app"),
        ("docker.io.evil/library/nginx", "docker.io.evil/library/nginx"),
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


def test_a_layer_whose_traits_are_unseen_may_have_any() -> None:
    history = [{"Instruction": "RUN", "Empty": False, "Base": False}, layer("ADD", base=True)]
    for name in ("RemoteAdds", "LoneIndexRefresh", "UnauthenticatedInstalls"):
        assert fact(name, History=history) == HIDDEN
    assert fact("AddInstructions", History=history) == 0
    assert fact("LoneIndexRefresh", History=[layer("RUN", "index-refresh"), *history]) == 1


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


def test_what_is_inside() -> None:
    files = [{"Path": "/usr/bin/sudo", "Mode": 0o4755}, {"Path": "/opt/doas", "Mode": 0o2755}]
    files.append({"Path": "/bin/su", "Mode": 0o4755})
    assert fact("SudoPrograms", SetuidFiles=files) == ("/usr/bin/sudo",)
    programs = ["/usr/bin/gcc-12", "/usr/sbin/sshd"]
    assert fact("Programs", Programs=programs) == tuple(programs)
    assert fact("SshServers", Programs=programs) == ("/usr/sbin/sshd",)
    assert fact("WorldWritable", WorldWritable=["/srv"]) == ("/srv",)


def test_the_release_inside() -> None:
    assert fact("Release") == "debian 12"
    assert fact("ReleaseSupportEnd") == "2028-06-30T00:00:00Z"
    arch = {"Id": "arch", "VersionId": ""}
    assert fact("Release", Release=arch) == "arch"
    none = {"Id": "", "VersionId": ""}
    assert fact("Release", Release=none) == ""
    assert fact("ReleaseSupportEnd", Release=none) == Unseen(Reason.ABSENT)
    assert fact("ReleaseSupportEnd", Release={"Id": "nobody-knows", "VersionId": "1"}) == HIDDEN


def test_scans() -> None:
    assert fact("Scanned") is True
    assert fact("ScannedAt") == "2026-01-09T03:00:00Z"
    assert fact("CriticalVulnerabilities", Scan={"Critical": 2}) == 2
    assert fact("FixableHigh", Scan={"FixableHigh": 4}) == 4
    assert fact("Scanned", Scan=None) is False
    assert fact("HighVulnerabilities", Scan=None) == Unseen(Reason.ABSENT)
    assert fact("Scanned", Scan=UNSET) == HIDDEN


def test_results_that_could_not_be_read_say_why() -> None:
    failed = Source(Name="host.scans", Status="failed", Reason="timed_out")
    found = normalise(snapshot([], [image("nginx:1.25", Scan=UNSET)], sources=[failed]))
    facts = next(one for one in found.resources if one.kind == "image").facts
    assert facts["Scanned"] == facts["CriticalVulnerabilities"] == Unseen(Reason.TIMED_OUT)


def test_names_and_users() -> None:
    assert fact("VersionedTag") is True
    assert fact("VersionedTag", RepoTags=["hub:5000/nginx", "nginx:latest"]) is False
    assert fact("VersionedTag", RepoTags=[]) is False
    assert fact("Pinned") is True
    assert fact("Pinned", RepoDigests=[]) is False
    assert fact("Dangling") is False
    assert fact("Dangling", RepoTags=["<none>:<none>"]) is True
    assert fact("Dangling", RepoTags=UNSET) == HIDDEN
    assert fact("UserRoot") is True
    assert fact("UserRoot", User="0:0") is True
    assert fact("UserRoot", User="web") is False


def test_an_image_in_use_does_not_dangle() -> None:
    used = container("web", Image=image_id("old"))
    found = normalise(snapshot([used], [image("old", RepoTags=[])]))
    assert next(one for one in found.resources if one.kind == "image").facts["Dangling"] is False
    hidden = normalise(snapshot([container("web", Image=UNSET)], [image("old", RepoTags=[])]))
    assert next(one for one in hidden.resources if one.kind == "image").facts["Dangling"] == HIDDEN


def test_committed_layers() -> None:
    assert fact("Committed", History=[layer(""), layer("", "committed"), layer("")]) is True
    assert fact("Committed", History=[layer("", "committed", base=True), layer("")]) is True
    assert fact("Committed", History=[layer("RUN"), layer("")]) is False
    assert fact("Committed", History=[layer("")]) is False  # an imported file system
    assert fact("Committed", History=[layer(""), layer("")]) == HIDDEN
    assert fact("Committed", History=[]) == HIDDEN


def test_the_hosts_processor() -> None:
    assert fact("FitsHost") is True
    assert fact("FitsHost", Architecture="arm64") is False
    found = normalise(snapshot([], [image("a")], Endpoint="tcp://10.0.0.2:2376", Info={"Architecture": "aarch64"}))
    assert next(one for one in found.resources if one.kind == "image").facts["FitsHost"] is False


def test_bases_are_fully_spelled_and_none_is_unknown() -> None:
    assert fact("Bases", Bases=["debian@sha256:00", "debian:12", "hub:5000/x:1"]) == (
        "docker.io/library/debian",
        "hub:5000/x",
    )
    assert fact("Bases", Bases=[]) == HIDDEN
    assert fact("Bases", Bases=UNSET) == HIDDEN
