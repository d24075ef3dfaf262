"""A host's page shows what was seen where nothing is wrong."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from posture.dashboard.tests.page import read
from posture.facts.tests.builders import container, hardened
from posture.fleet.models import Host
from posture.fleet.tests.cast import machine, minute

LIMIT = "check-container-memory-limit"


@pytest.fixture
def alpha(db: None) -> Host:
    """A host with one hardened container, one without limits a day before."""
    board = machine("alpha")
    board.report([container("web")], at=minute(0))
    board.report([hardened("web"), hardened("api")], at=minute(60))
    board.advance(now=minute(61))
    return Host.objects.get(name="alpha")


def words_of_check(client: Client, host: Host, **query: str) -> str:
    page = read(client.get(reverse("host", args=[host.pk]), query).content.decode())
    return next((one.words for one in page.all("details") if one.attributes.get("id") == LIMIT), "")


def test_what_passes_is_shown_with_its_evidence(viewer: Client, alpha: Host) -> None:
    words = words_of_check(viewer, alpha, status="pass")
    assert "api, web" in words
    assert "wanted > 0" in words


def test_what_passed_in_the_past_is_shown_as_it_was_then(viewer: Client, alpha: Host) -> None:
    then = minute(30).strftime("%Y-%m-%dT%H:%M")
    assert words_of_check(viewer, alpha, status="pass", as_of=then) == ""
    assert "web" in words_of_check(viewer, alpha, status="fail", as_of=then)


def test_only_who_asks_for_it_pays_for_it(viewer: Client, alpha: Host) -> None:
    costs = {}
    for status in ("fail", "pass", "not_applicable"):
        viewer.get(reverse("host", args=[alpha.pk]), {"status": status})
        with CaptureQueriesContext(connection) as captured:
            viewer.get(reverse("host", args=[alpha.pk]), {"status": status})
        costs[status] = len(captured)
    assert costs["fail"] < costs["pass"] <= costs["fail"] + 6
    assert costs["not_applicable"] == costs["pass"]
