"""Facts of networks: who is attached to them."""

from typing import Any

from msgspec import UNSET

from posture.facts.normalise import normalise
from posture.facts.tests.builders import container, network, snapshot
from posture.facts.values import Reason, Unseen, Value
from posture.facts.wire.container import Container

HIDDEN = Unseen(Reason.NOT_COLLECTED)


def facts(containers: list[Container], name: str = "shop", **keys: Any) -> dict[str, Value]:
    """Facts of the network ``name`` among the default bridge, shop and these containers."""
    found = normalise(snapshot(containers, networks=[network("bridge"), network("shop", **keys)]))
    return dict(next(one for one in found.resources if one.kind == "network" and one.name == name).facts)


def on_shop(name: str, **labels: str) -> Container:
    full = {"com.docker." + key.replace("_", "."): value for key, value in labels.items()}
    return container(name, Networks=["shop"], Config={"Labels": full})


def test_members_services_and_projects() -> None:
    found = facts(
        [
            on_shop("shop-web-1", compose_project="shop", compose_service="web"),
            on_shop("shop-web-2", compose_project="shop", compose_service="web"),
            on_shop("other-web-1", compose_project="other", compose_service="web"),
            on_shop("api.1.abc", swarm_service_name="api", stack_namespace="store"),
            on_shop("plain"),
            container("elsewhere"),
        ]
    )
    assert found["Members"] == ("api.1.abc", "other-web-1", "plain", "shop-web-1", "shop-web-2")
    assert found["Services"] == ("api", "other/web", "plain", "shop/web")
    assert found["Projects"] == ("other", "shop", "store")


def test_one_container_that_says_nothing_hides_them() -> None:
    for silent in (container("x", Networks=UNSET), container("x", Networks=UNSET, Error="timed_out")):
        found = facts([on_shop("web"), silent])
        reason = Unseen(Reason.TIMED_OUT) if silent.Error == "timed_out" else HIDDEN
        assert found["Members"] == found["Services"] == found["Projects"] == reason
    nameless = facts([container("x", Networks=["shop"], Config={"Labels": UNSET})])
    assert nameless["Members"] == ("x",)
    assert nameless["Services"] == nameless["Projects"] == HIDDEN


def test_kinds_of_networks() -> None:
    assert facts([])["DefaultBridge"] is False
    assert facts([], "bridge")["DefaultBridge"] is True
    assert facts([])["Ingress"] is False
    assert facts([], Ingress=True)["Ingress"] is True
    assert facts([], Ingress=UNSET)["Ingress"] == HIDDEN
    assert facts([], Options={"encrypted": ""})["Encrypted"] is True
