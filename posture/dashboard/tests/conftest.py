"""The cast of the pages' tests: four people, a stranger, a fleet."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import Client

from posture.fleet.models import Account, Host, Role
from posture.fleet.tests.factories import make_account, make_fleet

People = dict[Role, Account]
ClientOf = Callable[[Role], Client]


@pytest.fixture(scope="session", autouse=True)
def _messages() -> None:
    """The French, compiled as bin/up does it."""
    for source in Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        fresh = target.with_suffix(f".{os.getpid()}")
        with source.open("rb") as reading, fresh.open("wb") as writing:
            write_mo(writing, read_po(reading))
        fresh.rename(target)


@pytest.fixture
def people(db: None) -> People:
    """One person of each role."""
    return {role: make_account(role) for role in Role}


@pytest.fixture
def client_of(people: People) -> ClientOf:
    """A browser in which a person has signed in."""

    def sign_in(role: Role) -> Client:
        client = Client()
        client.force_login(people[role], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def viewer(client_of: ClientOf) -> Client:
    return client_of(Role.VIEWER)


@pytest.fixture
def operator(client_of: ClientOf) -> Client:
    return client_of(Role.OPERATOR)


@pytest.fixture
def administrator(client_of: ClientOf) -> Client:
    return client_of(Role.ADMINISTRATOR)


@pytest.fixture
def stranger(db: None) -> Client:
    return Client()


@pytest.fixture
def fleet(db: None) -> list[Host]:
    """Three hosts with findings and changes."""
    return make_fleet(3)
