"""Signing in and out, passwords, languages."""

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from posture.dashboard.tests.conftest import People
from posture.fleet.models import Account, AuditEntry, Role
from posture.fleet.tests.factories import PASSWORD


def sign_in(client: Client, name: str, password: str, **more: str) -> int:
    answer = client.post(reverse("sign-in"), {"username": name, "password": password, **more})
    return answer.status_code


def test_signing_in_and_out_are_written_down(people: People) -> None:
    client = Client()
    assert sign_in(client, "viewer", PASSWORD) == 302
    assert client.get(reverse("overview")).status_code == 200
    assert client.get(reverse("sign-out")).status_code == 405
    assert client.post(reverse("sign-out")).status_code == 302
    assert client.get(reverse("overview")).status_code == 302
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", "actor", "address"))
    assert actions == [("account.signed_in", "viewer", "127.0.0.1"), ("account.signed_out", "viewer", "127.0.0.1")]


def test_a_wrong_password_says_nothing_about_the_account(people: People) -> None:
    answers = [
        Client().post(reverse("sign-in"), {"username": name, "password": "wrong"}).content.decode()
        for name in ("viewer", "nobody-here")
    ]
    texts = [answer[answer.index("<h1>") : answer.index("csrfmiddlewaretoken")] for answer in answers]
    assert texts[0] == texts[1]


@override_settings(AXES_FAILURE_LIMIT=3)
def test_too_many_wrong_passwords_close_the_door(people: People) -> None:
    client = Client()
    statuses = [sign_in(client, "viewer", "wrong") for _try in range(4)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert sign_in(client, "viewer", PASSWORD) == 429
    assert sign_in(Client(), "operator", PASSWORD) == 302


@override_settings(AXES_FAILURE_LIMIT=3)
def test_another_address_of_one_network_opens_no_closed_door(people: People) -> None:
    addresses = [f"2001:db8:1:2::{number}" for number in range(1, 5)]
    statuses = [sign_in(Client(REMOTE_ADDR=address), "viewer", "wrong") for address in addresses]
    assert (statuses[0], statuses[-1]) == (200, 429)
    assert sign_in(Client(REMOTE_ADDR="2001:db8:1:3::1"), "viewer", PASSWORD) == 302


@override_settings(AXES_FAILURE_LIMIT=3)
def test_nobody_is_believed_about_their_address(people: People) -> None:
    statuses = [sign_in(Client(HTTP_X_FORWARDED_FOR=f"192.0.2.{n}"), "viewer", "wrong") for n in range(1, 5)]
    assert statuses[-1] == 429


@override_settings(AXES_FAILURE_LIMIT=3, BEHIND_PROXY=True)
def test_behind_the_front_each_client_has_an_address_of_its_own(people: People) -> None:
    for _try in range(4):
        sign_in(Client(HTTP_X_FORWARDED_FOR="198.51.100.1, 192.0.2.7"), "viewer", "wrong")
    assert sign_in(Client(HTTP_X_FORWARDED_FOR="192.0.2.7"), "viewer", PASSWORD) == 429
    assert sign_in(Client(HTTP_X_FORWARDED_FOR="198.51.100.1"), "viewer", PASSWORD) == 302
    assert AuditEntry.objects.get(action="account.signed_in").address == "198.51.100.1"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_signing_in_leads_nowhere_foreign(people: People, target: str) -> None:
    answer = Client().post(reverse("sign-in"), {"username": "viewer", "password": PASSWORD, "next": target})
    assert answer["Location"] == reverse("overview")


def test_a_made_password_has_to_be_changed_first(people: People) -> None:
    Account.objects.filter(username="viewer").update(must_change_password=True)
    client = Client()
    sign_in(client, "viewer", PASSWORD)
    assert client.get(reverse("hosts"))["Location"] == reverse("password")
    data = {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    assert client.post(reverse("password"), data).status_code == 200
    better = "a different long password"
    data = {"old_password": PASSWORD, "new_password1": better, "new_password2": better}
    assert client.post(reverse("password"), data)["Location"] == reverse("overview")
    assert client.get(reverse("hosts")).status_code == 200
    assert sign_in(Client(), "viewer", better) == 302
    assert AuditEntry.objects.filter(action="account.password_changed", actor="viewer").count() == 1


def test_the_language_is_kept_on_the_account(people: People) -> None:
    client = Client()
    sign_in(client, "viewer", PASSWORD)
    answer = client.post(reverse("language"), {"language": "fr", "next": "/hosts?q=a"})
    assert answer["Location"] == "/hosts?q=a"
    assert "<h1>Hôtes</h1>" in client.get(reverse("hosts")).content.decode()
    other = Client(headers={"accept-language": "en"})
    sign_in(other, "viewer", PASSWORD)
    assert "<h1>Hôtes</h1>" in other.get(reverse("hosts")).content.decode()
    assert Account.objects.get(username="viewer").language == "fr"


def test_strangers_choose_a_language_too(stranger: Client) -> None:
    stranger.post(reverse("language"), {"language": "fr", "next": "//evil.example/"})
    assert "<h1>Se connecter</h1>" in stranger.get(reverse("sign-in")).content.decode()


def test_a_language_that_is_none_changes_nothing(stranger: Client) -> None:
    answer = stranger.post(reverse("language"), {"language": "xx", "next": "https://evil.example/"})
    assert answer["Location"] == "/"
    assert "django_language" not in answer.cookies


def test_roles_rank(people: People) -> None:
    assert people[Role.ADMINISTRATOR].may(Role.OPERATOR)
    assert not people[Role.AUDITOR].may(Role.OPERATOR)
