"""What is known of Podman: where its service listens, and that it runs without root."""

from typing import Any

import pytest
from msgspec import UNSET

from posture.facts.addresses import is_elsewhere
from posture.facts.normalise import normalise
from posture.facts.observed import NOT_COLLECTED
from posture.facts.tests.builders import host, snapshot
from posture.facts.tests.one_fact import fact, stopped
from posture.facts.values import Reason, Unseen, Value
from posture.facts.vocabulary import Kind
from posture.facts.wire.host import Listener

SSH = Listener(Protocol="tcp", Address="0.0.0.0", Port=22, Program="sshd")
SERVICE = Listener(Protocol="tcp", Address="0.0.0.0", Port=8080, Program="podman")
OF_IPV6 = Listener(Protocol="tcp", Address="::", Port=8081, Program="podman")
HIDDEN = Listener(Protocol="tcp", Address="0.0.0.0", Port=9000)
UDP = Listener(Protocol="udp", Address="0.0.0.0", Port=8080, Program="podman")
UNIX = "unix:///run/podman/podman.sock"


def of_daemon(listeners: Any, endpoint: str = UNIX, **info: Any) -> dict[str, Value]:
    found = normalise(
        snapshot(
            Kind="podman", Key="podman", Endpoint=endpoint, Info=info, Daemon=UNSET, host=host(Listeners=listeners)
        )
    )
    return dict(next(one.facts for one in found.resources if one.kind is Kind.DAEMON))


@pytest.mark.parametrize(
    ("listeners", "endpoint", "wanted"),
    [
        ([SSH], UNIX, ()),
        ([SSH, UDP], UNIX, ()),
        ([SSH, SERVICE], UNIX, ("tcp://0.0.0.0:8080",)),  # a second service, beside the socket that was read
        ([HIDDEN, SERVICE, OF_IPV6], UNIX, ("tcp://0.0.0.0:8080", "tcp://[::]:8081")),
        ([SSH, HIDDEN], UNIX, NOT_COLLECTED),
        (UNSET, UNIX, NOT_COLLECTED),
        ([SERVICE], "tcp://127.0.0.1:8080", ("tcp://127.0.0.1:8080",)),
        (UNSET, "tcp://127.0.0.1:8080", ("tcp://127.0.0.1:8080",)),
        ([SERVICE], "tcp://192.0.2.7:8082", ("tcp://192.0.2.7:8082",)),  # another machine's
    ],
)
def test_where_podman_listens(listeners: Any, endpoint: str, wanted: Value) -> None:
    facts = of_daemon(listeners, endpoint)
    assert facts["TcpListeners"] == facts["UnprotectedTcpListeners"] == wanted


def test_nobody_knows_whom_a_service_behind_tls_lets_in() -> None:
    facts = of_daemon([SSH], "https://192.0.2.7:8443")
    assert facts["TcpListeners"] == ("tcp://192.0.2.7:8443",)
    assert facts["UnprotectedTcpListeners"] == NOT_COLLECTED


def test_podman_says_in_its_own_way_that_it_runs_without_root() -> None:
    assert of_daemon([SSH], Rootless=True, SecurityOptions=["name=seccomp"])["Rootless"] is True
    assert of_daemon([SSH], Rootless=False, SecurityOptions=["name=seccomp"])["Rootless"] is False
    assert of_daemon([SSH], SecurityOptions=["name=seccomp", "name=rootless"])["Rootless"] is True


@pytest.mark.parametrize(
    ("endpoint", "wanted"),
    [
        ("unix:///run/docker.sock", False),
        ("tcp://127.0.0.1:2375", False),
        ("https://localhost:2376", False),
        ("https://[::1]:2376", False),
        ("https://[2001:db8::1]:2376", True),
        ("tcp://engine:2375", True),
        ("https://192.0.2.7:2376", True),
    ],
)
def test_engines_of_other_machines(endpoint: str, wanted: bool) -> None:
    assert is_elsewhere(endpoint) is wanted


@pytest.mark.parametrize("name", ["Capabilities", "SeccompUnconfined", "SeccompBuiltin"])
def test_what_containers_conf_gives_is_seen_in_the_process_alone(name: str) -> None:
    podman = {"Kind": "podman", "Key": "podman"}
    hidden: dict[str, Any] = {"Process": {"Error": "not_permitted"}}
    assert fact(name, engine_keys=podman, **hidden) == Unseen(Reason.NOT_PERMITTED)
    assert not isinstance(fact(name, **hidden), Unseen)  # dockerd has no such file
    assert not isinstance(fact(name, engine_keys=podman), Unseen)
    assert not isinstance(fact(name, engine_keys=podman, **stopped()), Unseen)


def test_what_a_hidden_container_asked_for_counts() -> None:
    asked: dict[str, Any] = {
        "Process": {"Error": "not_permitted"},
        "HostConfig": {"SecurityOpt": ["seccomp=unconfined"]},
    }
    assert fact("SeccompUnconfined", engine_keys={"Kind": "podman", "Key": "podman"}, **asked) is True
