"""Whatever an engine answers in one place of one answer: the agent sends what the protocol knows, or names the source
as failed; it never stops, and what must not leave the host does not."""

import json
from functools import cache
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.posture_agent import engines
from agents.posture_agent.collection import Options
from agents.posture_agent.hostfiles import HostFiles
from agents.posture_agent.reading import Deadline, Sources
from agents.posture_agent.secrets import Marker
from agents.posture_agent.wire import canonical
from agents.tests.recorded_engine import ENGINES, RecordedEngine
from posture.facts.wire.engine import Engine
from posture.facts.wire.snapshot import Source

ENDPOINT = "tcp://192.0.2.1:2375"  # of another host: this one's processes are not looked for
SECRET = "not-a-secret"  # the value of every secret in the recordings
DEEP: Any = "x"
for _level in range(150):
    DEEP = [DEEP]
GARBAGE: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**63, 10**40, 1.5, float("inf"), float("nan"), "", "x", "\u0000", "\u202e", "A" * 70_000),
    *([], {}, [None], [[]], [{}], {"": None}, {"x": {"y": []}}, ["x"] * 5000, DEEP),
)
Path = tuple[str | int, ...]


class Garbled(RecordedEngine):
    """A recorded engine with one value replaced in one of its answers."""

    def __init__(self, name: str, path: Path, value: Any) -> None:
        super().__init__(name)
        self.answers = put(self.answers, path, value)

    def find(self, prefix: str, key: str, wanted: str) -> Any:
        """By the recorded ids, whatever stands in the answers now."""
        for name, value in recorded(prefix, key):
            if value == wanted and name in self.answers:
                return self.answers[name]
        return super().find(prefix, key, wanted)

    def history(self, image: str) -> Any:
        for name, value in recorded("image-", "Id"):
            if value == image and name in self.answers:
                return self.answers[name.replace("image-", "history-")]
        return []


@cache
def recorded(prefix: str, key: str) -> list[tuple[str, Any]]:
    """Names of the answers of a kind, with what identifies each."""
    answers = [(name, value) for engine in ENGINES for name, value in RecordedEngine(engine).answers.items()]
    return [(name, value[key]) for name, value in answers if name.startswith(prefix)]


def put(plain: Any, path: Path, value: Any) -> Any:
    """The document with another value at a place."""
    key, *rest = path
    copy: Any = dict(plain) if isinstance(plain, dict) else list(plain)
    copy[key] = put(copy[key], tuple(rest), value) if rest else value
    return copy


def places(value: Any, path: Path = ()) -> list[Path]:
    """Every place in a document but the whole."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    own = [path] if path else []
    return [*own, *(place for key, one in below for place in places(one, (*path, key)))]


def read(api: RecordedEngine) -> tuple[dict[str, Any], Sources]:
    """The engine's facts as the agent would send them."""
    sources, files = Sources(Deadline(60)), HostFiles("/nonexistent")
    options = Options([ENDPOINT], b"k" * 32, None, root="/nonexistent")
    reading = engines.Reading(options, sources, files, Marker(options.key))
    return engines.read_engine(api, ENDPOINT, reading).facts, sources


ALL_PLACES = {name: places(RecordedEngine(name).answers) for name in ENGINES}


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(ENGINES), st.data(), st.sampled_from(range(len(GARBAGE))))
def test_any_value_at_any_place_of_any_answer(name: str, data: st.DataObject, number: int) -> None:
    path = data.draw(st.sampled_from(ALL_PLACES[name]))
    facts, sources = read(Garbled(name, path, GARBAGE[number]))
    text = canonical(facts)
    assert SECRET not in text.decode()
    msgspec.json.decode(text, type=Engine)
    for entry in sources.entries:
        msgspec.convert(entry, Source)


def test_without_garbage_every_answer_is_read() -> None:
    for name in ENGINES:
        facts, _sources = read(RecordedEngine(name))
        assert {"Containers", "Images", "Networks", "Info", "Version"} <= set(facts)
        assert SECRET in json.dumps(RecordedEngine(name).answers) or not name.startswith("docker")
