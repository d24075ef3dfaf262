"""A host's page names what runs containers there and is not judged."""

import msgspec
import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from agents.posture_agent import engine_api, engines
from posture.dashboard.seen import Unjudged, Unread, helping
from posture.dashboard.tests.conftest import ClientOf
from posture.facts.digest import facts_digest
from posture.facts.tests.builders import container
from posture.facts.wire.engine import Engine as WireEngine
from posture.facts.wire.host import OtherRuntime
from posture.facts.wire.snapshot import Source
from posture.fleet.models import Engine, Host, Role
from posture.fleet.models import Source as HostSource
from posture.fleet.tests.cast import machine, minute

UNREAD = Source(
    Name="host.audit", Status="failed", Reason="source_failed", Detail="The kernel refuses to list its audit rules."
)


@pytest.fixture
def hosts(db: None) -> list[Host]:
    """A host with LXC beside its engine, and one without."""
    for name, others in (("alpha", [OtherRuntime(Name="LXC", Evidence="/var/lib/lxc")]), ("beta", [])):
        board = machine(name)
        seen = board.look([container("web")], at=minute(0))
        facts = msgspec.structs.replace(
            seen.facts,
            Host=msgspec.structs.replace(seen.facts.Host, OtherRuntimes=others),
            Sources=[*seen.facts.Sources, UNREAD],
        )
        board.deliver(board.told_anew(seen, facts=facts, digest=facts_digest(facts)))
        board.advance(now=minute(1))
    return list(Host.objects.order_by("name"))


def test_what_else_runs_containers_is_named(viewer: Client, hosts: list[Host]) -> None:
    alpha, beta = (viewer.get(reverse("host", args=[host.pk])).content.decode() for host in hosts)
    assert "Found, not judged" in alpha
    assert "<bdi>LXC</bdi>" in alpha
    assert "<bdi>/var/lib/lxc</bdi>" in alpha
    assert "Found, not judged" not in beta


def test_sources_of_which_the_same_is_said_stand_on_one_line() -> None:
    refused = [Unread(f"docker.{name}", "not_permitted", "Run it as root.") for name in ("images", "info")]
    other = Unread("host.audit", "source_failed", "The kernel refuses.")
    page = render_to_string("parts/unread.html", {"unjudged": Unjudged([*refused, other], [], [])})
    assert page.count("Run it as root.") == 1
    assert "<bdi>docker.images</bdi>, <bdi>docker.info</bdi>" in page
    assert page.count("<li>") == 2


def test_an_engine_that_is_not_there_is_not_called_forbidden(viewer: Client, db: None) -> None:
    board = machine("gamma")
    seen = board.look([container("web")], at=minute(0))
    detail = engine_api.unanswered(FileNotFoundError(), "unix:///run/x.sock").detail
    absent = [Source(Name=f"docker.{part}", Status="absent", Reason="absent", Detail=detail) for part in engines.PARTS]
    engine = WireEngine(Key="docker", Kind="docker", Endpoint="unix:///run/x.sock")
    facts = msgspec.structs.replace(seen.facts, Engines=[engine], Sources=absent)
    board.deliver(board.told_anew(seen, facts=facts, digest=facts_digest(facts)))
    board.advance(now=minute(1))
    address = reverse("host", args=[Host.objects.get(name="gamma").pk])
    page = viewer.get(address).content.decode()
    assert "<bdi>docker</bdi>" in page
    assert "it is not there" in page
    assert "There is no engine socket at unix:///run/x.sock." in page
    assert "the agent may not read it" not in page
    french = viewer.get(address, headers={"accept-language": "fr"}).content.decode()
    assert "Il n’y a pas de socket de moteur à unix:///run/x.sock. Si le moteur écoute ailleurs" in french


def test_it_is_said_in_french(viewer: Client, hosts: list[Host]) -> None:
    page = viewer.get(reverse("host", args=[hosts[0].pk]), headers={"accept-language": "fr"}).content.decode()
    assert "Trouvé, non jugé" in page
    assert "Le noyau refuse" in page
    assert "The kernel refuses" not in page
    assert "Posture ne lit que Docker et Podman" in page


def test_a_visited_host_forgets_an_engine_that_went(client_of: ClientOf, hosts: list[Host]) -> None:
    host = hosts[0]
    page, address = reverse("host", args=[host.pk]), reverse("forget-engine", args=[host.pk])
    operator, viewer = client_of(Role.OPERATOR), client_of(Role.VIEWER)
    Engine.objects.filter(host=host, key="docker").update(readable=False, version="29.0.0", problem="gone")
    assert "Forget this engine" not in operator.get(page).content.decode(), "its agent remembers by itself"
    Host.objects.filter(pk=host.pk).update(source=HostSource.SSH)
    assert operator.get(page).content.decode().count("Forget this engine") == 1
    assert "Forget this engine" not in viewer.get(page).content.decode()
    assert viewer.post(address, {"engine": "docker"}).status_code == 403
    assert "The engine is forgotten" in operator.post(address, {"engine": "docker"}, follow=True).content.decode()
    assert "Nothing was forgotten" in operator.post(address, {"engine": "docker"}, follow=True).content.decode()
    assert not Engine.objects.filter(host=host).exists()


def test_advice_is_for_whoever_reads_the_host() -> None:
    failed = Source(Name="docker.version", Status="failed", Reason="not_permitted", Detail="Run the agent as root.")
    assert helping(failed, set()) == "Run the agent as root."
    assert "Let the visits use sudo" in helping(failed, {"docker"})
    with override("fr"):
        assert "employer sudo" in helping(failed, {"docker"})
    other = msgspec.structs.replace(failed, Reason="source_failed")
    assert helping(other, {"docker"}) == "Run the agent as root.", "the way's own words"
    host = msgspec.structs.replace(failed, Name="host.audit")
    assert helping(host, {"docker"}) == "Run the agent as root."
