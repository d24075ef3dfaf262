"""The product's version, as a report states it."""

import tomllib
from functools import cache

from django.conf import settings


@cache
def product_version() -> str:
    """The version in ``pyproject.toml``."""
    found = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    return str(found["project"]["version"])
