"""Each test begins with whole allowances."""

import pytest
from django.core.cache import cache

from posture.ingest.rates import AGENTS, REFUSALS


@pytest.fixture(autouse=True)
def whole_allowances() -> None:
    """Forget what was counted, here and in Valkey."""
    cache.clear()
    AGENTS.forget()
    REFUSALS.forget()
