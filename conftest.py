"""Fixtures for every test of the project."""

from collections.abc import Iterator

import pytest

from posture.tests.engine import TestEngine, available
from posture.tests.requirements import require


@pytest.fixture(scope="module")
def engine() -> Iterator[TestEngine]:
    """A real container engine, shared by the tests of one module."""
    require("dockerd", available())
    with TestEngine() as running:
        yield running
