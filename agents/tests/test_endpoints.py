"""Which engines of a host are looked for, and under which address."""

import os
import socket
from pathlib import Path

import pytest

from agents.posture_agent import endpoints as places
from agents.posture_agent.collection import Options, collect
from agents.posture_agent.endpoints import canonical_endpoint, certificate_folder, endpoints, is_local, user_of
from agents.posture_agent.engines import MAX_ENGINES
from agents.posture_agent.failures import UsageError


@pytest.mark.parametrize(
    ("text", "secure", "wanted"),
    [
        ("/run/x.sock", False, "unix:///run/x.sock"),
        ("unix:///run/x.sock", True, "unix:///run/x.sock"),
        ("tcp://10.0.0.1:2375", False, "tcp://10.0.0.1:2375"),
        ("tcp://10.0.0.1:2376", True, "https://10.0.0.1:2376"),
        ("http://10.0.0.1:2375/", True, "tcp://10.0.0.1:2375"),
        ("https://engine:2376", False, "https://engine:2376"),
        ("tcp://[::1]:2376", True, "https://[::1]:2376"),
    ],
)
def test_an_address_has_one_form(text: str, secure: bool, wanted: str) -> None:
    assert canonical_endpoint(text, secure) == wanted


@pytest.mark.parametrize(
    "text", ["", "unix://x", "ssh://host", "tcp://host", "tcp://:1", "tcp://host:0", "tcp://host:65536", "ftp://host:1"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UsageError, match="unix:///PATH"):
        canonical_endpoint(text)


@pytest.mark.parametrize(
    ("named", "environment", "wanted"),
    [
        (None, {}, None),
        (None, {"DOCKER_CERT_PATH": "/certs"}, None),
        (None, {"DOCKER_TLS_VERIFY": "", "DOCKER_CERT_PATH": "/certs"}, None),
        (None, {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certs"}, "/certs"),
        (None, {"DOCKER_TLS_VERIFY": "1", "HOME": "/home/mara"}, "/home/mara/.docker"),
        ("/own", {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certs"}, "/own"),
    ],
)
def test_where_certificates_are(named: str | None, environment: dict[str, str], wanted: str | None) -> None:
    assert certificate_folder(named, environment) == wanted


def test_dockers_own_variables_lead_to_tls() -> None:
    environment = {"DOCKER_HOST": "tcp://10.0.0.1:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certs"}
    assert endpoints([], environment, certificates=certificate_folder(None, environment)) == ["https://10.0.0.1:2376"]


def test_engines_of_this_host() -> None:
    assert all(map(is_local, ("unix:///x", "tcp://127.0.0.1:1", "https://localhost:1", "https://[::1]:1")))
    assert not any(map(is_local, ("tcp://192.0.2.1:2375", "https://engine:2376")))


def test_engines_of_users_come_last() -> None:
    known = ["unix:///run/user/1000/docker.sock", "unix:///var/run/docker.sock", "unix:///run/podman/podman.sock"]
    assert endpoints([], {}, lambda found: known) == [known[1], known[2], known[0]]
    assert [user_of(one) for one in known] == [1000, None, None]


def test_sockets_of_users_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "USERS", str(tmp_path))
    own, other = tmp_path / str(os.geteuid()), tmp_path / str(os.geteuid() + 1)
    listening = []
    for folder in (own, other):
        (folder / "podman").mkdir(parents=True)
        for name in ("docker.sock", "podman/podman.sock"):
            listening.append(socket.socket(socket.AF_UNIX))
            listening[-1].bind(str(folder / name))
    (tmp_path / "README").touch()
    assert places.of_users() == [f"{own}/docker.sock", f"{own}/podman/podman.sock"]  # not what another user put there
    for one in listening:
        one.close()


def test_no_more_engines_than_a_snapshot_takes(tmp_path: Path) -> None:
    many = [f"unix://{tmp_path}/{number}.sock" for number in range(MAX_ENGINES + 3)]
    facts = collect(Options(many, b"k" * 32, None, root="/nonexistent")).facts
    assert len(facts["Engines"]) == MAX_ENGINES
    (source,) = [one for one in facts["Sources"] if one["Name"] == "host.engines"]
    assert source["Reason"] == "too_large"
