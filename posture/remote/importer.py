"""Imports the agent from one text in memory. Used here, and sent to machines: Python 3.7, standard library only."""

import sys
from importlib.machinery import ModuleSpec
from typing import Any


class Importer:
    """Finds and loads the modules of a text: a line ``==> NAME <==`` before each file (``agents/build.py``)."""

    def __init__(self, text):  # type: ignore[no-untyped-def]  # travels to old Pythons as it is
        parts = [part.partition(b" <==\n") for part in (b"\n" + text).split(b"\n==> ")[1:]]
        self.files = {name.decode("ascii"): content for name, _, content in parts}

    def find_spec(self, name, path=None, target=None):  # type: ignore[no-untyped-def]  # as above
        """Where a module is; None for one that is not of the agent."""
        base = name.replace(".", "/")
        for place in (base + "/__init__.py", base + ".py"):
            if place in self.files:
                loader: Any = self
                return ModuleSpec(name, loader, origin=place, is_package=place.endswith("/__init__.py"))
        return None

    def create_module(self, spec):  # type: ignore[no-untyped-def]  # as above
        """Python makes it."""

    def exec_module(self, module):  # type: ignore[no-untyped-def]  # as above
        """Run a module for the first time."""
        place = module.__spec__.origin
        exec(compile(self.files[place], place, "exec", dont_inherit=True), module.__dict__)  # noqa: S102  # our own file


def install(text):  # type: ignore[no-untyped-def]  # as above
    """From now on the text's modules can be imported."""
    finder: Any = Importer(text)  # type: ignore[no-untyped-call]  # as above
    sys.meta_path.insert(0, finder)
