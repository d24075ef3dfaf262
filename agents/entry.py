"""Becomes ``__main__.py`` of the built agent. Beside it in the archive is one text with all modules.

Compressed together they take two thirds of the room that they take one by one. And they are read at once: Python's
importer of archives opens the file for each module and compiles each twice, and fails where an upgrade changes the file
under a running agent.
"""

import sys
from importlib import import_module
from importlib.util import spec_from_loader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any, Callable, Optional

TEXT = "modules.txt"  # made by build.py: a line ``==> NAME <==`` before each file


class Importer:
    """Finds and loads modules of the text as if they were files below the archive's path."""

    def __init__(self, archive: str, read: "Callable[[], bytes]") -> None:
        self.archive = archive
        self.read = read
        self.files = self.parsed()

    def parsed(self) -> "dict[str, bytes]":
        """The files of the text by their paths."""
        parts = [part.partition(b" <==\n") for part in (b"\n" + self.read()).split(b"\n==> ")[1:]]
        return {"%s/%s" % (self.archive, name.decode("ascii")): content for name, _, content in parts}

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Optional[ModuleSpec]":
        """Where a module is; None for one that is not of the agent."""
        base = "%s/%s" % (self.archive, name.replace(".", "/"))
        for place in (base + ".py", base + "/__init__.py"):
            if place in self.files:
                loader: Any = self
                return spec_from_loader(name, loader, origin=place, is_package=place != base + ".py")
        return None

    def create_module(self, spec: "ModuleSpec") -> None:
        """Python makes it."""

    def exec_module(self, module: "ModuleType") -> None:
        """Run a module for the first time."""
        place = str(module.__spec__.origin if module.__spec__ else "")
        module.__file__ = place
        content, self.files[place] = self.files[place], b""  # its memory is better used for what it collects
        exec(compile(content, place, "exec", dont_inherit=True), module.__dict__)  # noqa: S102  # our own file

    def get_source(self, name: str) -> "Optional[str]":
        """A module's text, for tracebacks."""
        spec = self.find_spec(name)
        return None if spec is None else self.parsed().get(str(spec.origin), b"").decode("utf-8")

    def get_data(self, path: str) -> bytes:
        """A file beside the modules; raises OSError where there is none."""
        if path not in self.files:
            raise FileNotFoundError(2, "not in the archive", path)
        return self.files[path]


def begin() -> int:
    """Run the command line."""
    archive = __file__[: -len("/__main__.py")]
    loader = __loader__  # type: ignore[name-defined]  # Python sets it
    importer: Any = Importer(archive, lambda: loader.get_data("%s/%s" % (archive, TEXT)))
    sys.meta_path.insert(0, importer)
    return int(import_module("posture_agent.__main__").main())


sys.exit(begin())
