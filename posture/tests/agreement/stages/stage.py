"""What a stage is: one engine in a world of its own, looked at once or several times."""

import shlex
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from posture.tests.engine import IMAGE, TestEngine

SOCKET = "unix:///run/docker.sock"
CONFIGURATION = "/etc/docker/daemon.json"
AT_ONCE = 4  # containers that start at the same time

OF_CONTAINER = ("4.1", "5.")
Furnish = Callable[[TestEngine], None]


def nothing(_subject: object) -> None:
    """Leaves all as it is."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One look at the engine, after ``furnish``.

    ``sections``: numbers of controls start with one of these. ``audit``: rules as auditctl reads them, for this look.
    ``trusted``: who the other tool is told to trust. ``alone``: numbers for which each container is also looked at by
    itself; ``images``: those that are.
    """

    name: str
    furnish: Furnish = nothing
    sections: tuple[str, ...] = ("1.", "2.", "3.", "4.", "5.", "6.", "7.")
    audit: Sequence[str] = field(default_factory=tuple)
    trusted: str = ""
    alone: Sequence[str] = ()
    images: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Stage:
    """``prepare`` writes files of the world, given the stage's folder; ``before`` sees the engine before it starts.

    ``hosts_configured``: daemon.json names the sockets, so the command line must not. ``audited``: audit rules count.
    """

    name: str
    options: Sequence[str]
    scenes: Sequence[Scene]
    prepare: Callable[[Path], None] = nothing
    before: Furnish = nothing
    hosts_configured: bool = False
    audited: bool = False


def write(path: str, text: str, mode: int = 0o644) -> Path:
    """A file of the world."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    target.chmod(mode)
    return target


@dataclass(frozen=True, slots=True)
class Box:
    """A container to start: ``options`` of docker run as one text."""

    name: str
    options: str = ""
    image: str = IMAGE
    command: str = "sleep 3600"


def run_all(engine: TestEngine, boxes: Iterable[Box]) -> None:
    """Start containers, several at once. Raises RuntimeError with the client's words."""

    def start(box: Box) -> str:
        return engine.run(box.name, *box.options.split(), image=box.image, command=shlex.split(box.command))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(start, boxes))
