"""Whole snapshots of recorded engines: their answers through the agent's own collectors, on the builders' host."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from agents.posture_agent.collectors import containers, contents, images, info, networks, swarm, writable
from agents.posture_agent.hostfiles import HostFiles
from agents.posture_agent.reading import Deadline
from agents.posture_agent.secrets import Marker
from agents.tests.recorded_engine import ENGINES, RecordedEngine
from posture.facts.tests import builders
from posture.facts.tests.defaults import daemon
from posture.facts.vocabulary import PURPOSES
from posture.facts.wire.snapshot import Facts, Snapshot

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MARKER = Marker(b"k" * 32)
LIMIT = 60.0  # seconds


@cache
def recordings() -> Mapping[str, Facts]:
    """The facts of every recorded engine and of the boards of the examples, by name."""
    found = {name: facts_of(name) for name in ENGINES}
    for path in sorted(EXAMPLES.glob("*/*.json")):
        found[f"{path.parent.name}/{path.stem}"] = msgspec.json.decode(path.read_bytes(), type=Snapshot).facts
    return found


def facts_of(name: str) -> Facts:
    """One recorded engine. What no engine answers, such as its process and the host's files, is the builders'."""
    api, files = RecordedEngine(name), HostFiles("/nonexistent")
    version, raw = api.version(), api.info()
    kind = "podman" if info.is_podman(version) else "docker"
    reader = containers.Reader(api, files, MARKER, writable.Sizer(files), Deadline(LIMIT), local=False)
    engine: dict[str, Any] = {
        "Key": kind,
        "Kind": kind,
        "Endpoint": "unix:///run/docker.sock",
        "Version": info.version(version),
        "Info": {**info.info(raw), "Swarm": swarm.state(api, raw)},
        "Daemon": daemon(),
        "Containers": reader.collect(),
        "Images": images.collect(api, MARKER, contents.Finder(files, None, 0.0), None, Deadline(LIMIT)),
        "Networks": networks.collect(api),
        "SeccompProfiles": [],
    }
    watched = [msgspec.to_builtins(builders.file(purpose, Path=f"/etc/{purpose}")) for purpose in sorted(PURPOSES)]
    facts = {"Host": msgspec.to_builtins(builders.host("recorded", Files=watched)), "Engines": [engine], "Sources": []}
    return msgspec.json.decode(msgspec.json.encode(facts), type=Facts)
