"""Whose engine a path belongs to."""

from typing import Any

import pytest
from msgspec import UNSET

from posture.facts.normalise import normalise
from posture.facts.tests.builders import engine, file, host, snapshot
from posture.facts.values import Reason, Unseen
from posture.facts.wire.engine import Engine

ROOTLESS = {"SecurityOptions": ["name=seccomp,profile=default", "name=rootless"]}


def named(key: str, endpoint: str, uid: int | None, **info: Any) -> Engine:
    """An engine whose daemon has this uid; None: neither the engine nor its process could be asked."""
    if uid is None:
        return engine(Key=key, Endpoint=endpoint, Info=UNSET, Daemon=UNSET)
    return engine(Key=key, Endpoint=endpoint, Info={**(ROOTLESS if uid else {}), **info}, Daemon={"Uid": uid})


def rootless(path: str, *engines: Engine) -> object:
    found = normalise(snapshot(host=host(Files=[file("engine-socket", Path=path)]), engines=engines))
    return next(one.facts["Rootless"] for one in found.resources if one.name == path)


ALICE = named("docker-2", "unix:///run/user/1000/docker.sock", 1000)
ROOT = named("docker", "unix:///var/run/docker.sock", 0)


@pytest.mark.parametrize(
    ("path", "engines", "wanted"),
    [
        ("/run/user/1000/docker.sock", [ROOT, ALICE], True),
        ("/run/user/1000//docker.sock", [ALICE], True),
        ("/run/docker.sock", [ROOT, ALICE], False),
        ("/run/user/1000/docker.sock", [named("docker", "unix:///run/user/1000/docker.sock", 0)], False),
        ("/home/alice/daemon.json", [ALICE], False),  # no engine names it
        ("/run/user/1000/docker.sock", [ALICE, named("docker", "unix:///run/user/1000/docker.sock", 0)], False),
        ("/run/user/1000/docker.sock", [], False),
    ],
)
def test_only_what_rootless_engines_name_is_their_users(path: str, engines: list[Engine], wanted: bool) -> None:
    assert rootless(path, *engines) is wanted


def test_an_engine_that_nobody_could_ask_leaves_it_open() -> None:
    silent = named("docker-3", "unix:///run/user/1000/docker.sock", None)
    assert rootless("/run/user/1000/docker.sock", silent) == Unseen(Reason.NOT_COLLECTED)
    assert rootless("/run/user/1000/docker.sock", ALICE, silent) == Unseen(Reason.NOT_COLLECTED)
    assert rootless("/run/docker.sock", ROOT, silent) is False


def test_the_containerd_of_a_rootless_engine_is_its_users() -> None:
    place = "/run/user/1000/exec/containerd/containerd.sock"
    options = {"Flags": {"exec-root": "/run/user/1000/exec"}}
    for uid, wanted in ((1000, True), (0, False)):
        assert rootless(place, engine(Daemon={**options, "Uid": uid})) is wanted
    assert rootless("/run/docker/containerd/containerd.sock", ALICE) is False  # she says nothing of it


def test_the_data_and_the_settings_of_an_engine_are_named_too() -> None:
    home = "/home/alice/.local/share/docker"
    alice = named("docker-2", "unix:///run/user/1000/docker.sock", 1000, DockerRootDir=home)
    assert rootless(home, alice) is True
    assert rootless("/etc/docker/daemon.json", ROOT) is False
