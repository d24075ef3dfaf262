"""A host's page names what runs containers there and is not judged."""

import msgspec
import pytest
from django.test import Client
from django.urls import reverse

from posture.facts.digest import facts_digest
from posture.facts.tests.builders import container
from posture.facts.wire.host import OtherRuntime
from posture.facts.wire.snapshot import Source
from posture.fleet.models import Host
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


def test_it_is_said_in_french(viewer: Client, hosts: list[Host]) -> None:
    page = viewer.get(reverse("host", args=[hosts[0].pk]), headers={"accept-language": "fr"}).content.decode()
    assert "Trouvé, non jugé" in page
    assert "Le noyau refuse" in page
    assert "The kernel refuses" not in page
    assert "Posture ne lit que Docker et Podman" in page
