"""Fixtures for every test of the project."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from posture.tests.engine import TestEngine, available
from posture.tests.requirements import require

# The machine is shared: how long one example takes says nothing about the code.
settings.register_profile("posture", deadline=None)
settings.load_profile("posture")


@pytest.fixture(scope="module")
def engine() -> Iterator[TestEngine]:
    """A real container engine, shared by the tests of one module."""
    require("dockerd", available())
    with TestEngine() as running:
        yield running
