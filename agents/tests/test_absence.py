"""A server that is away for long, and what it hears afterwards; clocks, budgets, wishes. No sleeping: time is made."""

import os
from pathlib import Path

import pytest

from agents.posture_agent import anchors, clock, cycle, delivery, due, failures, pauses, post, replay, troubles
from agents.posture_agent.collection import Options
from agents.posture_agent.courier import Courier
from agents.posture_agent.http1 import Connection
from agents.posture_agent.passages import passage_of
from agents.posture_agent.reading import Deadline
from agents.posture_agent.server import Unreachable
from agents.posture_agent.spool import Bounds
from agents.posture_agent.state import State
from agents.posture_agent.transport import Transport
from agents.posture_agent.wire import digest
from agents.tests.protocol_server import Answer, ProtocolServer, Told, pair
from agents.tests.sending import World, journal, patience_over, send, waiting

AWAY: Answer = (503, {"title": "Away"}, {})
BOOTS = ["33333333-3333-4333-8333-33333333333%d" % number for number in range(10)]
START = 1_795_000_000.0


class Clocks:
    """The clocks of a machine, and of the server."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.boot = 0
        self.since_boot = 100.0
        self.wall = START
        self.true = START
        for module in (clock, anchors, cycle, delivery, due, pauses, post, replay, troubles):
            for name, reader in (
                ("boot_clock", lambda: round(self.since_boot, 3)),
                ("wall_clock", lambda: self.wall),
                ("boot_identifier", lambda: BOOTS[self.boot]),
            ):
                if hasattr(module, name):
                    monkeypatch.setattr(module, name, reader)
        monkeypatch.setattr("agents.tests.protocol_server.now", lambda: clock.moment(self.true))

    def pass_(self, seconds: float) -> None:
        """Time goes by."""
        self.since_boot += seconds
        self.wall += seconds
        self.true += seconds

    def reboot(self, *, wall: float | None = None, off: float = 60.0) -> None:
        """The machine starts anew; without a clock battery it believes in ``wall``."""
        self.boot += 1
        self.true += off
        self.since_boot = 20.0
        self.wall = self.wall + off if wall is None else wall


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    """Clocks that a test moves."""
    return Clocks(monkeypatch)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No flushing: the machine does not lose its power."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setattr(os, "fdatasync", lambda descriptor: None)


@pytest.fixture
def options(tmp_path: Path) -> Options:
    """What is collected: nothing, ``world`` stands for it."""
    return Options([], b"k" * 32, str(tmp_path))


@pytest.mark.long
def test_a_week_without_a_server_costs_a_few_files_and_nothing_is_lost(
    state: State, server: ProtocolServer, world: World, clocks: Clocks, options: Options, quick: None
) -> None:
    assert send(state) == failures.OK
    changes = {50, 51, 400, 401, 402, 1000, 1500, 2015}
    courier = Courier(state, Transport(), Bounds())
    courier.post.server.line._dial = no_way  # the network is cut
    truth = {1: world.found}
    tries = 0
    for number in range(2, 2018):
        clocks.pass_(300 + (number % 7) - 3)
        if number in changes:
            world.change()
        tries += courier.pauses.left() <= 0
        with pytest.raises(Unreachable):
            delivery.one_cycle(courier, options, 300)
        truth[number] = world.found
    files = courier.spool.entries()
    assert len(files) == 8 + 6  # snapshots, and the runs between and behind them
    assert sum(one.size for one in files) < 200_000
    assert tries > 200  # at most half an hour between two

    del server.requests[:]
    server.bytes = 0
    clocks.pass_(300)
    patience_over(state)
    assert send(state) == failures.OK
    (told,) = server.told.values()
    assert (told.gaps, told.dropped, told.last) == (set(), [], 2018)
    assert sorted(told.digests) == list(range(1, 2019))
    assert set(told.facts) == {1, *changes}
    assert all(told.digests[number] == digest(found.facts) for number, found in truth.items())
    said = [
        (passage["first"], passage["last"]) if path.endswith("passages") else (body["sequence"], body["sequence"])
        for path, body, _ in server.requests
        for passage in (body["passages"] if path.endswith("passages") else [body])
    ]
    assert said == sorted(said)
    assert all(
        told.ages[number] == pytest.approx((2018 - number) * 300 + 0, abs=700) for number in told.ages if number > 1
    )
    assert len(server.requests) == 14 + 1
    assert server.bytes < 80_000


def no_way(deadline: Deadline) -> Connection:
    """Dials nobody."""
    raise ConnectionRefusedError(111, "Connection refused")


def cut_cycle(state: State, server: ProtocolServer) -> None:
    """A cycle while the server is away."""
    server.failing = [AWAY, AWAY]
    patience_over(state)
    assert send(state) == failures.UNREACHABLE
    server.failing = []


def sent_ages(server: ProtocolServer) -> dict[int, float | None]:
    """Ages as the server heard them, by number."""
    (told,) = server.told.values()
    return told.ages


def test_a_clock_that_jumps_does_not_move_what_was_seen(
    state: State, server: ProtocolServer, world: World, clocks: Clocks
) -> None:
    cut_cycle(state, server)
    clocks.pass_(300)
    clocks.wall -= 365 * 86400  # somebody sets the clock back
    world.change()
    cut_cycle(state, server)
    clocks.pass_(300)
    clocks.wall += 3 * 365 * 86400
    world.change()
    cut_cycle(state, server)
    clocks.pass_(300)
    patience_over(state)
    assert send(state) == failures.OK
    ages = sent_ages(server)
    assert [ages[number] for number in (1, 2, 3)] == pytest.approx([900, 600, 300], abs=1)
    (told,) = server.told.values()
    assert told.observed[2] < told.observed[1] < told.observed[3]  # as the machine believed then: never changed


def test_a_board_without_a_clock_battery(state: State, server: ProtocolServer, world: World, clocks: Clocks) -> None:
    clocks.reboot(wall=0.0)
    cut_cycle(state, server)  # 1: 1970
    clocks.pass_(300)
    patience_over(state)
    assert send(state) == failures.OK  # the server is heard in this boot
    assert sent_ages(server)[1] == pytest.approx(300, abs=1)
    clocks.pass_(300)
    world.change()
    cut_cycle(state, server)  # 3: waits over the next boot
    assert sent_ages(server)[2] == pytest.approx(0, abs=1)
    clocks.pass_(100)
    clocks.reboot(wall=0.0, off=1000.0)
    patience_over(state)
    assert send(state) == failures.OK
    assert sent_ages(server)[3] == pytest.approx(1100, abs=2)  # known, because both boots heard the server
    (told,) = server.told.values()
    assert told.observed[3].startswith("1970")


def test_nobody_knows_how_long_a_machine_was_off_before_it_heard_a_server(
    state: State, server: ProtocolServer, world: World, clocks: Clocks
) -> None:
    cut_cycle(state, server)
    clocks.reboot()
    patience_over(state)
    assert send(state) == failures.OK
    assert sent_ages(server)[1] is None


def test_a_suspended_laptop_and_a_copy_that_was_woken(
    state: State, server: ProtocolServer, world: World, clocks: Clocks
) -> None:
    assert send(state) == failures.OK
    cut_cycle(state, server)
    clocks.pass_(8 * 3600)  # suspended; the boot clock goes on
    cut_cycle(state, server)
    assert waiting(state) == ["unchanged", "unchanged"]  # no run over such a pause
    clocks.since_boot = 50.0  # a memory image of before
    patience_over(state)
    assert send(state) == failures.OK
    ages = sent_ages(server)
    assert (ages[2], ages[3]) == (None, None)


def test_the_days_bytes(state: State, server: ProtocolServer, world: World, clocks: Clocks) -> None:
    server.extra["daily_bytes"] = 6000
    assert send(state) == failures.OK  # the first snapshot goes: the budget was not known
    heard = []
    for _ in range(6):
        clocks.pass_(600)
        world.change()
        assert send(state) == failures.OK
        heard.append(server.paths()[-1])
    assert heard[-1] == "check-in"
    assert "snapshot" in waiting(state)
    assert due.left(state.path("schedule.json"))["deliver"] > 600  # tomorrow
    spent = journal(state).bytes
    assert spent > 4000
    for _ in range(8):  # nothing changes: the server does not know these facts, and so counts no check-in
        clocks.pass_(600)
        assert send(state) == failures.OK
        assert server.paths()[-1] == "check-in"
    assert waiting(state)[-1] == "unchanged"
    (told,) = server.told.values()
    assert told.last == max(told.facts)
    before = len(waiting(state))
    clocks.pass_(86400)
    assert send(state) == failures.OK
    assert len(waiting(state)) < before
    server.extra["daily_bytes"] = 10**6
    for _ in range(2):
        clocks.pass_(600)
        assert send(state) == failures.OK
    assert waiting(state) == []
    assert set(told.facts) >= {1, 2, 3, 4, 5, 6, 7}
    assert (told.gaps, told.dropped, told.last) == (set(), [], 18)


def test_facts_that_the_server_asked_for_and_did_not_get(state: State, server: ProtocolServer, world: World) -> None:
    assert send(state) == failures.OK
    server.digest = None  # it lost them, as after a restored backup
    server.away = {"snapshots"}
    for number in range(2, 5):
        patience_over(state)
        assert send(state) == failures.UNREACHABLE, number
        assert waiting(state) == ["unchanged"]  # nothing changed, but the number waits
    patience_over(state)
    server.away = set()
    assert send(state) == failures.OK
    told = told_of(server)
    assert (told.gaps, told.dropped, told.last, waiting(state)) == (set(), [], 5, [])


def told_of(server: ProtocolServer) -> Told:
    """What the one installation said."""
    (told,) = server.told.values()
    return told


def test_scan_now_collects_again_without_memories(state: State, server: ProtocolServer, world: World) -> None:
    memory = Path(state.path("contents.json"))
    memory.write_text("{}")
    server.extra["collect"] = True
    assert send(state) == failures.OK
    assert not memory.exists()
    assert [body["sequence"] for path, body, _ in server.requests if path.endswith("check-in")] == [1, 2]


def test_the_servers_interval_holds_for_the_next_process(state: State, server: ProtocolServer, world: World) -> None:
    server.extra["interval"] = 1000
    assert send(state) == failures.OK
    assert 850 < due.left(state.path("schedule.json"))["collect"] < 1150
    assert send(state) == failures.OK
    assert server.requests[-1][1]["agent"]["Interval"] == 1000


def test_the_interval_that_a_starter_keeps_is_told(
    state: State, server: ProtocolServer, world: World, clocks: Clocks
) -> None:
    quarterly = ("--due", "--every", "900")  # as busybox does
    assert send(state, *quarterly) == failures.OK
    server.away = {"check-in"}
    for number in range(8):
        clocks.pass_(900 + (number % 3 - 1) * 40)
        patience_over(state)
        assert send(state, *quarterly) == failures.UNREACHABLE
    assert waiting(state) == ["unchanged"], "an offline week is a file, not one a collection"
    server.away = set()
    clocks.pass_(900)
    patience_over(state)
    assert send(state, *quarterly) == failures.OK
    told = told_of(server)
    assert (told.gaps, told.dropped, told.last) == (set(), [], 10)
    passages, check_in = (body for _, body, _ in server.requests[-2:])
    assert (passages["interval"], check_in["agent"]["Interval"]) == (900, 900)


def test_a_timer_comes_no_more_often_than_each_minute(state: State, server: ProtocolServer, world: World) -> None:
    assert send(state, "--due", "--interval", "10") == failures.OK
    assert server.requests[-1][1]["agent"]["Interval"] == 60
    assert send(state, "--interval", "10") == failures.OK
    assert server.requests[-1][1]["agent"]["Interval"] == 10


def test_a_collection_comes_with_the_call_that_is_nearest(
    state: State, server: ProtocolServer, world: World, clocks: Clocks
) -> None:
    due.plan(state.path("schedule.json"), 1100.0)
    clocks.pass_(900)
    assert send(state, "--due") == failures.OK
    assert server.paths() == ["enrol"]  # the next minute will do
    assert send(state, "--due", "--every", "900") == failures.OK
    assert "check-in" in server.paths()


def test_an_entry_that_fails_alone_is_given_up_after_a_day(
    state: State, server: ProtocolServer, world: World, clocks: Clocks
) -> None:
    cut_cycle(state, server)
    for _ in range(30):
        clocks.pass_(3600)
        server.failing = [(500, {}, {})] if waiting(state)[:1] == ["snapshot"] else []
        patience_over(state)
        assert send(state) == failures.OK  # others are not held up
    (told,) = server.told.values()
    assert waiting(state) == []
    assert told.dropped == [(1, 1)]
    assert told.gaps == set()


def test_a_crash_between_the_number_and_its_delivery(state: State, server: ProtocolServer, world: World) -> None:
    assert send(state) == failures.OK
    state.position().advance(world_digest(world), clock.moment(clock.wall_clock()), clock.boot_identifier(), 5.0)
    assert send(state) == failures.OK  # 2 was numbered, and the power went
    (told,) = server.told.values()
    assert (told.gaps, sorted(told.digests)) == (set(), [1, 2, 3])
    state.position().advance("sha256:" + "0" * 64, clock.moment(clock.wall_clock()), clock.boot_identifier(), 5.0)
    assert send(state) == failures.OK
    assert told.dropped == [(4, 4)]
    assert told.gaps == set()


def world_digest(world: World) -> str:
    """The digest of what is found now."""
    return digest(world.found.facts)


def test_token_and_key_are_renewed(state: State, server: ProtocolServer, world: World) -> None:
    before = state.enrolment()
    server.extra["rotate"] = True
    assert send(state) == failures.OK
    after = state.enrolment()
    assert after["token"] != before["token"]
    assert after["key"] != before["key"]
    assert after["next"] is None
    assert server.paths()[-2:] == ["rotate", "hello"]
    assert server.valid == [2]
    assert send(state) == failures.OK


def test_the_answer_to_a_rotation_is_lost(state: State, server: ProtocolServer, world: World) -> None:
    before = state.enrolment()
    server.extra["rotate"] = True
    courier = Courier(state, Transport(), Bounds())
    rotate = courier.post.server.rotate

    def lost(body: object) -> dict[str, object]:
        rotate(body)  # type: ignore[arg-type]  # passed on as it came
        raise Unreachable("no answer in time")

    courier.post.server.rotate = lost  # type: ignore[method-assign]  # the network drops the answer
    delivery.one_cycle(courier, Options([], b"k" * 32, None), 300)
    assert state.enrolment()["token"] == before["token"]
    server.extra["rotate"] = True
    assert send(state) == failures.OK
    assert server.valid == [3]
    assert send(state) == failures.OK


def test_a_crash_between_new_and_old_credentials(state: State, server: ProtocolServer, world: World) -> None:
    server.extra["rotate"] = True
    courier = Courier(state, Transport(), Bounds())
    answer = courier.post._ask(courier.post.server.rotate, courier.post._request())
    assert courier.post.credentials.keep(answer)  # and then the power goes
    assert send(state) == failures.OK
    assert server.valid == [2]
    assert state.enrolment()["next"] is None


def test_new_credentials_that_the_server_forgot(state: State, server: ProtocolServer, world: World) -> None:
    before = state.enrolment()
    state.change_enrolment(dict(before, next={"token": "forgotten", "key": before["key"]}))
    assert send(state) == failures.OK
    assert state.enrolment() == dict(before, next=None)


def test_a_server_restored_from_before_the_renewal(state: State, server: ProtocolServer, world: World) -> None:
    before = state.enrolment()
    server.extra["rotate"] = True
    assert send(state) == failures.OK
    assert server.valid == [2]
    server.extra["rotate"] = False
    server.valid = [1]  # as the backup has it
    assert send(state) == failures.OK
    after = state.enrolment()
    assert (after["token"], after["key"], after["next"]) == (before["token"], before["key"], None)
    asked = len(server.requests)
    assert send(state) == failures.OK
    assert len(server.requests) == asked + 1, "it knows which pair is in use"
    server.extra["rotate"] = True
    assert send(state) == failures.OK
    assert server.valid == [3]


def test_a_backup_that_was_there_for_a_while(state: State, server: ProtocolServer, world: World) -> None:
    server.extra["rotate"] = True
    assert send(state) == failures.OK
    server.extra["rotate"] = False
    for valid in ([1], [2], [1], [2]):  # somebody tries the backup, and goes back to the server that was there
        server.valid = valid
        assert send(state) == failures.OK
        asked = len(server.requests)
        assert send(state) == failures.OK
        assert len(server.requests) == asked + 1


def test_a_restore_in_the_middle_of_a_renewal(state: State, server: ProtocolServer, world: World) -> None:
    server.extra["rotate"] = True
    assert send(state) == failures.OK
    content = state.enrolment()
    state.change_enrolment(dict(content, next=pair(9)))  # whose proof was on its way
    server.extra["rotate"] = False
    server.valid = [1]  # of before the renewal before
    assert send(state) == failures.OK
    after = state.enrolment()
    assert (after["token"], after["next"]) == (pair(1)["token"], None)


def test_a_pair_of_long_before_is_not_tried(state: State, server: ProtocolServer, world: World) -> None:
    for renewals in range(2):
        server.extra["rotate"] = True
        assert send(state) == failures.OK
        assert server.valid == [2 + renewals]
    server.valid, asked = [1], len(server.requests)
    assert send(state) == failures.STOPPED
    assert len(server.requests) == asked + 2, "the pair in use and the one before, each once"


def test_an_anchor_is_as_good_as_the_quickest_answer(tmp_path: Path, clocks: Clocks) -> None:
    kept = anchors.Anchors(str(tmp_path / "anchors.json"))
    for there, back in ((9.0, 0.0), (0.1, 6.0), (0.0, 0.2)):
        asked = clocks.since_boot
        clocks.pass_(there)
        answer = {"now": clock.moment(clocks.true)}
        clocks.pass_(back)
        kept.hear(answer, asked)
    zero = anchors.Anchors(kept.path).zero(BOOTS[0])
    assert zero == pytest.approx(START - 100.0, abs=0.3)
    kept.hear({"now": clock.moment(clocks.true + 3600)}, clocks.since_boot)  # the server's clock was wrong before
    assert kept.zero(BOOTS[0]) == pytest.approx(START - 100.0 + 3600, abs=0.3)


def test_facts_that_gave_way_are_told_of(
    state: State, server: ProtocolServer, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    server.away = {"check-in", "snapshots"}
    for _ in range(20):
        world.change()
        patience_over(state)
        assert send(state, "--spool-bytes", "65536") == failures.UNREACHABLE
    assert "older facts gave way: the spool is full" in capsys.readouterr().err
    assert [one["Kind"] for one in journal(state).troubles] == ["spool_full"]
    assert "dropped" in waiting(state)


def test_facts_that_were_damaged_are_told_of(
    state: State, server: ProtocolServer, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    cut_cycle(state, server)
    spool = Courier(state, Transport(), Bounds()).spool
    path = Path(spool.path(spool.entries()[0]))
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    patience_over(state)
    assert send(state) == failures.OK
    assert f"the facts in {path.name} are damaged" in capsys.readouterr().err
    assert [one["Kind"] for one in journal(state).troubles] == ["spool_damaged"]
    told = told_of(server)
    assert (told.gaps, told.dropped) == (set(), [(1, 1)])


def test_damage_between_passages_costs_nothing_else(state: State, server: ProtocolServer, world: World) -> None:
    cut_cycle(state, server)
    spool = Courier(state, Transport(), Bounds()).spool
    for number in range(2, 6):
        place = state.position().advance(f"sha256:{number:064}", "2026-11-22T14:00:00.000Z", BOOTS[0], 1.0)
        spool.add(passage_of(place, "dropped", 300))
    Courier(state, Transport(), Bounds()).close()
    Path(spool.path(spool.entries()[2])).write_bytes(b"rotten")
    patience_over(state)
    assert send(state) == failures.OK
    (told,) = server.told.values()
    assert told.gaps == {3}
    assert told.last == 6
    assert waiting(state) == []


@pytest.mark.parametrize("text", ['{"endpoints": ["unix', "[]", '{"endpoints": 5}', "\x00"])
def test_a_damaged_memory_of_engines_is_begun_anew(state: State, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(state.path("engines.json")).write_text(text)
    assert state.remember(["unix:///run/docker.sock"]) == ["unix:///run/docker.sock"]
    assert "engines.json is damaged and begun anew" in capsys.readouterr().err
    assert state.remember([]) == ["unix:///run/docker.sock"]
    assert capsys.readouterr().err == ""


def test_a_pause_that_one_body_alone_meets_holds_up_no_other(
    state: State, server: ProtocolServer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something in between dislikes it, and says so as a busy server does."""
    assert send(state) == failures.OK
    world.change()
    with monkeypatch.context() as patched:
        real = server.answer_snapshots
        busy: Answer = (503, {}, {"Retry-After": "60"})
        patched.setattr(
            server, "answer_snapshots", lambda body, told: busy if body["sequence"] == 2 else real(body, told)
        )
        assert send(state) == failures.UNREACHABLE
        world.change()
        for _ in range(14):
            patience_over(state)
            status = send(state)
        (told,) = server.told.values()
        assert told.last == 16, "check-ins overtake it"
        assert status == failures.OK
    patience_over(state)
    assert send(state) == failures.OK
    assert (told.gaps, waiting(state)) == (set(), [])
