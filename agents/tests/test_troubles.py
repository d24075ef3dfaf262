"""The agent's own troubles reach the server for a day: kinds and moments, never words or places."""

import json
import re
from pathlib import Path

import pytest

from agents.posture_agent import cycle, failures, troubles
from agents.posture_agent.anchors import Anchors
from agents.posture_agent.child import apart
from agents.posture_agent.clock import moment
from agents.posture_agent.journal import KEPT, SIZE, Journal
from agents.posture_agent.position import FILES
from agents.posture_agent.report import Report
from agents.posture_agent.scope import Options
from agents.posture_agent.state import State
from agents.posture_agent.troubles import Troubles
from agents.posture_agent.words_fr import FRENCH
from agents.tests.protocol_server import Answer, ProtocolServer
from agents.tests.sending import World, journal, patience_over, send, waiting

BUSY: Answer = (503, {"title": "Away"}, {})
UNFIT: Answer = (422, {"type": "/problems/wrong-shape", "detail": "No."}, {})
NOW = 1_795_000_000.0


def told(server: ProtocolServer) -> list[str] | None:
    """Kinds in the newest check-in; None where the key is absent."""
    body = next(body for path, body, _ in reversed(server.requests) if path.endswith("/check-in"))
    found = body["measurements"].get("Troubles")
    return None if found is None else [one["Kind"] for one in found]


def test_a_damaged_file_is_told_at_the_next_check_in_without_its_name(
    state: State, server: ProtocolServer, world: World
) -> None:
    assert send(state) == failures.OK
    assert told(server) is None
    world.change()
    server.failing = [BUSY]
    assert send(state) == failures.UNREACHABLE
    (entry,) = Path(state.path("spool")).glob("*.snapshot")
    entry.write_bytes(b"\x00" * 100)
    patience_over(state)
    assert send(state) == failures.OK
    assert told(server) == ["spool_damaged"]
    (trouble,) = server.requests[-1][1]["measurements"]["Troubles"]
    assert set(trouble) == {"Kind", "At"}
    assert entry.name not in json.dumps([body for _, body, _ in server.requests])
    assert journal(state).troubles[0]["Detail"][1] == entry.name  # for ``status`` alone


def test_a_snapshot_tells_them_too(state: State, server: ProtocolServer, world: World) -> None:
    assert send(state) == failures.OK
    trouble(state, "disk_full")
    world.change()
    assert send(state) == failures.OK
    path, body, _ = server.requests[-1]
    assert path.endswith("/snapshots")
    assert [one["Kind"] for one in body["measurements"]["Troubles"]] == ["disk_full"]


def test_what_the_server_refused_and_a_damaged_state_are_told(
    state: State, server: ProtocolServer, world: World
) -> None:
    server.failing = [BUSY]
    send(state)
    patience_over(state)
    server.failing = [UNFIT]
    assert send(state) == failures.OK
    Path(state.path(FILES[0])).write_text("{")
    assert send(state) == failures.OK
    assert told(server) == ["set_aside", "state_damaged"]
    assert send(state) == failures.OK
    assert told(server) == ["set_aside", "state_damaged"]  # for a day, though it is mended
    assert waiting(state) == []


def test_an_unchanged_check_in_does_not_grow_and_the_largest_stays_small(
    state: State, server: ProtocolServer, world: World
) -> None:
    assert [send(state) for _ in range(2)] == [failures.OK] * 2
    assert "Troubles" not in json.dumps(server.requests[-1][1])
    before = server.bytes
    assert send(state) == failures.OK
    plain = server.bytes - before
    for kind in ("budget_spent", "collection_failed", "disk_failed", "misdirected", "spool_damaged"):
        trouble(state, kind)
    before = server.bytes
    assert send(state) == failures.OK
    assert len(told(server) or ()) == KEPT
    assert server.bytes - before < plain + 200
    assert server.bytes - before < 700  # of the 1 KB both ways


def test_a_server_that_knows_no_troubles_is_spared_them(state: State, server: ProtocolServer, world: World) -> None:
    assert send(state) == failures.OK
    trouble(state, "disk_full")
    server.failing = [UNFIT]
    assert send(state) == failures.OK
    assert [("Troubles" in body["measurements"]) for _, body, _ in server.requests[-2:]] == [True, False]
    world.change()
    assert send(state) == failures.OK
    assert server.paths()[-2:] == ["check-in", "snapshots"]
    assert not any("Troubles" in body["measurements"] for _, body, _ in server.requests[-2:])
    left = journal(state)
    left.spared = "2026-11-01"
    left.save()
    assert send(state) == failures.OK
    assert told(server) == ["disk_full"]


class Failing:
    """Collections that fail in their process."""

    def __init__(self) -> None:
        self.fails = True

    def collect(self, options: Options, found: Report) -> Report:
        """What was found, or nothing."""

        def work() -> Report:
            if self.fails:
                raise ValueError
            return found

        return apart(work, 30)


def test_collections_that_always_fail_are_told_without_one(
    state: State, server: ProtocolServer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Failing()
    monkeypatch.setattr(cycle, "collect", lambda options: broken.collect(options, world.found.report()))
    # The server was never heard in this boot: the first hello asks what day it is.
    assert send(state) == failures.TROUBLE
    assert server.paths() == ["enrol", "hello", "hello"]
    assert send(state) == failures.TROUBLE
    assert server.paths() == ["enrol", "hello", "hello", "hello"]
    for _path, body, _headers in server.requests[2:]:
        (told_alone,) = body["measurements"].pop("Troubles")
        assert (told_alone["Kind"], body["measurements"]) == ("collection_failed", {})
    # A server that is away, or knows no troubles, changes neither the exit status nor the words.
    server.failing = [BUSY]
    assert send(state) == failures.TROUBLE
    assert send(state) == failures.TROUBLE
    assert len(server.requests) == 5, "a server that is away is left alone"
    patience_over(state)
    server.failing = [UNFIT]
    assert [send(state) for _twice in range(2)] == [failures.TROUBLE] * 2
    assert len(server.requests) == 6, "spared until the next day"
    broken.fails = False
    assert send(state) == failures.OK
    assert server.paths()[-2:] == ["check-in", "snapshots"]
    assert server.requests[-1][1]["sequence"] == 1, "what failed had no number"
    assert server.breaches == []


def trouble(state: State, kind: str) -> None:
    """Let something have gone wrong just now."""
    left = journal(state)
    Troubles(left, Anchors(state.path("anchors.json"))).note(kind, "words " * 100)
    left.save()


class Clocks:
    """A machine whose clocks a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.boot, self.since, self.wall = "b" * 8, 100.0, NOW
        for module in ("anchors", "troubles"):
            monkeypatch.setattr(f"agents.posture_agent.{module}.boot_clock", lambda: self.since)
            monkeypatch.setattr(f"agents.posture_agent.{module}.wall_clock", lambda: self.wall)
        monkeypatch.setattr("agents.posture_agent.anchors.boot_identifier", lambda: self.boot)
        self.folder = folder

    def troubles(self) -> Troubles:
        """As the next process of the agent finds them."""
        return Troubles(Journal(str(self.folder / "delivery.json"), "i"), Anchors(str(self.folder / "anchors.json")))

    def hear(self, at: float) -> Troubles:
        """Let the server say its time."""
        found = self.troubles()
        found.anchors.hear({"now": moment(at)}, self.since)
        return found


def riding(found: Troubles) -> object:
    """What travels."""
    measurements: dict[str, object] = {"Troubles": "of before"}
    found.ride_on(measurements)
    return measurements.get("Troubles")


def test_moments_are_the_servers_and_last_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = Clocks(monkeypatch, tmp_path)
    clocks.wall = 20.0  # a board without a clock battery believes in 1970
    found = clocks.troubles()
    found.note("disk_full", "x")
    found.journal.save()
    assert riding(found) is None  # nobody knows what day it is
    clocks.since += 60
    found = clocks.hear(NOW)
    assert riding(found) == [{"Kind": "disk_full", "At": moment(NOW - 60)}]
    clocks.since += 86400
    assert riding(found) is None


def test_a_wrong_clock_is_noted_and_of_each_kind_the_last_time_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks = Clocks(monkeypatch, tmp_path)
    found = clocks.hear(NOW)
    found.look_at_clock()
    assert riding(found) is None
    clocks.wall += 3600
    for _ in range(3):
        found.note("disk_full", "x")
        clocks.since += 10
        found.look_at_clock()
    assert riding(found) == [
        {"Kind": "disk_full", "At": moment(NOW + 20)},
        {"Kind": "clock_wrong", "At": moment(NOW + 30)},
    ]


def test_the_longest_journal_has_room_in_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = Clocks(monkeypatch, tmp_path)
    clocks.boot = "33333333-3333-4333-8333-333333333333"
    found = clocks.hear(NOW)
    for kind in ("budget_spent", "collection_failed", "disk_failed", "misdirected", "spool_damaged"):
        found.note(kind, "é\u2028" * 100)
    journal = found.journal
    journal.settled, journal.interval, journal.daily_bytes = 2**53, 86400, 2**53
    journal.limits = {"compressed": 2**53, "expanded": 2**53}
    journal.bytes = journal.carried = 2**53
    journal.boot, journal.not_before, journal.failures = clocks.boot, 123456789.123, 10**6
    journal.stuck = {"first": 2**53, "since": 1_795_000_000.123456, "tries": 10**6}
    journal.save()
    assert (tmp_path / "delivery.json").stat().st_size == SIZE
    kept = [one["Kind"] for one in clocks.troubles().journal.troubles]
    assert len(kept) == KEPT  # the longest words are cut
    assert kept[-1] == "spool_damaged"
    assert clocks.troubles().journal.settled == 2**53


def test_kinds_are_those_of_the_protocol() -> None:
    schema = json.loads((Path(__file__).parents[1] / "protocol.schema.json").read_text())
    known = set(find_kinds(schema))
    folder = Path(troubles.__file__).parent
    text = "".join(path.read_text() for path in folder.glob("*.py"))
    used = set(re.findall(r'\.(?:tell|note)\(\s*"([a-z_]+)"', text))
    used |= {troubles.DISK_FULL, troubles.DISK_FAILED, troubles.SPOOL_FULL}
    assert used == known
    assert "number %d is set aside: %s" in FRENCH


def find_kinds(schema: object) -> list[str]:
    """The closed list, wherever the schema has it."""
    if isinstance(schema, dict):
        if isinstance(schema.get("Trouble"), dict):
            return list(schema["Trouble"]["properties"]["Kind"]["enum"])
        return [kind for value in schema.values() for kind in find_kinds(value)]
    return []
