"""A host's page in the states that a fleet has seldom: never heard, an engine that nobody can read, no label."""

import pytest
from django.test import Client
from django.urls import reverse

from posture.fleet.models import Host, HostState, Label
from posture.fleet.services.groups import get_or_create_group
from posture.fleet.tests.factories import make_host

pytestmark = pytest.mark.django_db


def html_of(client: Client, host: Host) -> str:
    return client.get(reverse("host", args=[host.pk])).content.decode()


def test_a_host_that_was_never_heard_is_not_called_free_of_failures(viewer: Client) -> None:
    host = make_host("alpha", state=HostState.NEVER_SEEN)
    Host.objects.update(last_seen_at=None)
    page = html_of(viewer, host)
    assert "Nothing fails here." not in page
    assert "Never seen</span></span>" in page, "and no dash behind it"


def test_list_and_page_say_the_same_of_an_unreadable_engine(viewer: Client) -> None:
    host = make_host("alpha")
    Host.objects.update(engine_readable=False)
    mark = '<span class="state engine_unreadable"><i aria-hidden="true">◍</i>Engine unreadable</span>'
    assert mark in html_of(viewer, host)
    assert mark in viewer.get(reverse("hosts")).content.decode()


def test_labels_are_asked_for_where_there_are_some(operator: Client) -> None:
    host = make_host("alpha")
    assert "<legend>Labels</legend>" not in html_of(operator, host)
    wish = {"name": "beta", "group": get_or_create_group().pk}
    assert operator.post(reverse("edit-host", args=[host.pk]), wish).status_code == 302
    host.refresh_from_db()
    assert host.name == "beta"
    Label.objects.create(name="edge")
    assert "<legend>Labels</legend>" in html_of(operator, host)
