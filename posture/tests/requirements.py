"""What a test needs of the machine: absent means skipped, but in CI it means failed."""

import os

import pytest


def require(name: str, present: bool) -> None:
    """Skip the test where `name` is absent; with CI=true its absence is a failure, so that nothing goes untested."""
    if present:
        return
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(f"This test needs {name}, and in CI it has to be there.")
    pytest.skip(f"needs {name}")
