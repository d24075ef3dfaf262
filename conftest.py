"""Fixtures for every test of the project."""

import gc
from collections.abc import Iterator

import pytest
from django.test import override_settings
from hypothesis import settings

from posture.tests.engine import TestEngine, available
from posture.tests.hashing import CheapArgon2
from posture.tests.requirements import require

# The machine is shared: how long one example takes says nothing about the code.
settings.register_profile("posture", deadline=None)
settings.load_profile("posture")


def pytest_collection_finish() -> None:
    """Thousands of collected tests live until the end: no collection of garbage has to look at them again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _cheap_hashes() -> Iterator[None]:
    with override_settings(PASSWORD_HASHERS=[f"{CheapArgon2.__module__}.{CheapArgon2.__qualname__}"]):
        yield


@pytest.fixture(scope="module")
def engine() -> Iterator[TestEngine]:
    """A real container engine, shared by the tests of one module."""
    require("dockerd", available())
    with TestEngine() as running:
        yield running
