"""One stage inside its world: both tools on the same engine. Started by ``world.enter``."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import msgspec

from agents.build import build as build_agent
from posture.evaluation import catalogue
from posture.evaluation.assessed import Assessed, assess
from posture.facts.wire.container import Container
from posture.facts.wire.engine import Engine
from posture.facts.wire.image import Image
from posture.facts.wire.snapshot import Snapshot
from posture.tests.agreement import other, world
from posture.tests.agreement.compare import Compared, compare
from posture.tests.agreement.readings import Readings
from posture.tests.agreement.stages import STAGES, Scene, Stage
from posture.tests.auditing import auditing
from posture.tests.engine import TestEngine

EDITION = "cis-docker-1.6.0"
KEY = "posture-agreement"
SOCKET = Path("/run/docker.sock")
SETTLED = 20.0  # seconds for the first health checks
OF_IMAGE = ("4.6", "4.7", "4.9", "4.10", "4.11")


class Run:
    """A stage that plays. ``checkout`` is None without the other tool."""

    def __init__(self, stage: Stage, checkout: Path | None) -> None:
        self.stage = stage
        self.checkout = checkout
        self.folder = world.build()
        self.catalogue = catalogue.load()
        self.agent = self.folder / "posture-agent.pyz"
        build_agent(self.agent)

    def play(self) -> Iterator[Compared]:
        """Every comparison of every scene."""
        self.stage.prepare(self.folder)
        engine = TestEngine(self.stage.options, socket=SOCKET if self.stage.hosts_configured else None)
        self.stage.before(engine)
        with engine:
            for scene in self.stage.scenes:
                scene.furnish(engine)
                settle(engine)
                with audited(scene.audit):
                    yield from self.look(engine, scene)

    def look(self, engine: TestEngine, scene: Scene) -> Iterator[Compared]:
        """The whole host, then what is to be seen alone."""
        snapshot, readings = self.collect(), Readings(engine, self.folder)
        said = self.ask(engine, scene.sections, trusted=scene.trusted)
        yield from compare((scene.name, ""), scene.sections, self.judge(snapshot), said, readings)
        for name in sorted(readings.containers) if scene.alone else ():
            said = self.ask(engine, scene.alone, only=f"^{name}$")
            narrow = self.judge(of_container(snapshot, name))
            yield from compare((scene.name, name), scene.alone, narrow, said, readings.of_container(name))
        for name in scene.images:
            said = self.ask(engine, OF_IMAGE, only=f"^{name.partition(':')[0]} ")
            narrow = self.judge(of_image(snapshot, name))
            yield from compare((scene.name, name), OF_IMAGE, narrow, said, readings.of_image(name))

    def ask(
        self, engine: TestEngine, sections: Sequence[str], *, only: str = "", trusted: str = ""
    ) -> dict[str, other.Said] | None:
        if self.checkout is None:
            return None
        return other.ask(self.checkout, engine.endpoint, self.folder, sections, only=only, trusted=trusted)

    def collect(self) -> Snapshot:
        """The real agent's snapshot."""
        words = [sys.executable, str(self.agent), "collect", "--state", str(self.folder / "state")]
        words += ["--engine", f"unix://{SOCKET}"]
        taken = subprocess.run(words, capture_output=True, check=True, timeout=300).stdout
        return msgspec.json.decode(taken, type=Snapshot)

    def judge(self, snapshot: Snapshot) -> Assessed:
        """What Posture says."""
        return assess(snapshot, self.catalogue, edition=EDITION)


def of_container(snapshot: Snapshot, name: str) -> Snapshot:
    """The snapshot as if there were no other container."""
    (engine,) = snapshot.facts.Engines
    return with_engine(snapshot, Containers=[one for one in engine.Containers or () if one.Name == name])


def of_image(snapshot: Snapshot, name: str) -> Snapshot:
    """The snapshot as if there were no other image."""
    (engine,) = snapshot.facts.Engines
    return with_engine(snapshot, Images=[one for one in engine.Images or () if name in (one.RepoTags or ())])


def with_engine(snapshot: Snapshot, **keys: list[Container] | list[Image]) -> Snapshot:
    (engine,) = snapshot.facts.Engines
    engines: list[Engine] = [msgspec.structs.replace(engine, **keys)]
    return msgspec.structs.replace(snapshot, facts=msgspec.structs.replace(snapshot.facts, Engines=engines))


def settle(engine: TestEngine) -> None:
    """Waits until no health check is still to speak."""
    end = time.monotonic() + SETTLED
    while engine.docker("ps", "--quiet", "--filter", "health=starting") and time.monotonic() < end:
        time.sleep(0.2)


@contextmanager
def audited(rules: Sequence[str]) -> Iterator[None]:
    """These audit rules, while auditing is on. The kernel has one list for the whole machine: only ours are taken away
    again."""
    if not rules:
        yield
        return
    with auditing():
        try:
            for rule in rules:
                world.call("auditctl", *rule.split(), "-k", KEY)
            yield
        finally:
            world.call("auditctl", "-D", "-k", KEY)


def main(name: str, checkout: str) -> None:
    """Plays the stage and prints one JSON list of what was compared. ``checkout`` may be empty."""
    compared = Run(STAGES[name], Path(checkout) if checkout else None).play()
    sys.stdout.write(json.dumps([asdict(one) for one in compared]))


if __name__ == "__main__":
    main(*sys.argv[1:])
