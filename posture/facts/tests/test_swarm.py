"""Facts of swarms and of containers that belong to their services."""

from typing import Any

from msgspec import UNSET

from posture.facts.normalise import normalise
from posture.facts.tests.builders import container, snapshot
from posture.facts.tests.one_fact import NOT_COLLECTED, fact
from posture.facts.values import Reason, Unseen, Value
from posture.facts.wire.snapshot import Source

MANAGER = {
    "LocalNodeState": "active",
    "ControlAvailable": True,
    "Managers": 3,
    "Nodes": 5,
    "AutoLockManagers": False,
    "NodeCertExpiry": 7_776_000_000_000_000,
    "CANotBefore": "2025-06-01T00:00:00Z",
    "Secrets": 1,
}
SERVICES: list[dict[str, Any]] = [
    {"Name": "api", "Secrets": 1, "RestartCondition": "on-failure", "RestartMaxAttempts": 5, "Marks": []},
    {
        "Name": "db",
        "Secrets": 0,
        "RestartCondition": "any",
        "RestartMaxAttempts": 0,
        "Marks": [{"Pattern": "secret-variable", "Place": "ContainerSpec.Env.DB_PASSWORD"}],
    },
]


def swarm(**keys: Any) -> dict[str, Value]:
    """Facts of a manager's swarm with these keys of its engine."""
    engine: dict[str, Any] = {"Info": {"Swarm": MANAGER}, "Services": SERVICES, **keys}
    found = normalise(snapshot(**engine))
    return dict(next(one for one in found.resources if one.kind == "swarm").facts)


def test_a_manager() -> None:
    facts = swarm()
    assert facts["CANotBefore"] == "2025-06-01T00:00:00Z"
    assert facts["SecretsInServices"] == ("db: secret-variable at ContainerSpec.Env.DB_PASSWORD",)
    assert not any(isinstance(value, Unseen) for value in facts.values())


def test_control_ports_on_every_address() -> None:
    listeners = ["0.0.0.0:2377", "127.0.0.1:7946", "[::]:7946", "[::]:2375"]
    assert swarm(Daemon={"Listeners": listeners})["ControlWildcards"] == ("0.0.0.0:2377", "[::]:7946")
    assert swarm()["ControlWildcards"] == ()
    hidden = swarm(Daemon={"Listeners": UNSET, "ListenersError": "not_permitted"})
    assert hidden["ControlWildcards"] == Unseen(Reason.NOT_PERMITTED)
    assert swarm(Daemon=UNSET)["ControlWildcards"] == NOT_COLLECTED


def test_what_is_hidden_is_unseen() -> None:
    assert swarm(Services=UNSET)["SecretsInServices"] == NOT_COLLECTED
    silent = [{key: value for key, value in SERVICES[0].items() if key != "Marks"}, SERVICES[1]]
    assert swarm(Services=silent)["SecretsInServices"] == NOT_COLLECTED
    failed = Source(Name="docker.services", Status="failed", Reason="timed_out")
    assert swarm(Services=UNSET, sources=[failed])["SecretsInServices"] == Unseen(Reason.TIMED_OUT)
    assert swarm(Info={"Swarm": {**MANAGER, "CANotBefore": UNSET}})["CANotBefore"] == NOT_COLLECTED


def task(service: str) -> dict[str, Any]:
    return {"Config": {"Labels": {"com.docker.swarm.service.name": service}}}


def test_how_services_restart() -> None:
    known = {"Services": SERVICES}
    assert fact("ServiceRestartCondition", engine_keys=known, **task("api")) == "on-failure"
    assert fact("ServiceRestartMaxAttempts", engine_keys=known, **task("api")) == 5
    assert fact("ServiceRestartCondition", **task("api")) == NOT_COLLECTED  # a worker does not see services
    assert fact("ServiceRestartCondition", engine_keys=known, **task("gone")) == NOT_COLLECTED
    assert fact("ServiceRestartCondition", engine_keys=known) == ""
    assert fact("ServiceRestartCondition", Config={"Labels": UNSET}) == NOT_COLLECTED


def test_a_changed_service_changes_its_containers() -> None:
    one = container("api.1", **task("api"))
    before = normalise(snapshot([one], Services=SERVICES))
    after = normalise(snapshot([one], Services=[{**SERVICES[0], "RestartMaxAttempts": 9}]))
    values = [
        next(each for each in found.resources if each.kind == "container").facts["ServiceRestartMaxAttempts"]
        for found in (before, after)
    ]
    assert values == [5, 9]
