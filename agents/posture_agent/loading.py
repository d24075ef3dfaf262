"""Modules of this program by name, so that one command does not cost the memory of all."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def loaded(name: str) -> Any:
    """The module ``name``, seen from this package."""
    return import_module("%s.%s" % (__package__, name))
