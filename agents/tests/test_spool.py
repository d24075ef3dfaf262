"""The spool: bounded, in order, whole after every crash and damage."""

import errno
import os
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.posture_agent import drawer, storage
from agents.posture_agent import entry as entries
from agents.posture_agent import spool as spool_module
from agents.posture_agent.passages import LONGEST_PAUSE, extends, merged
from agents.posture_agent.spool import Bounds, Spool, SpoolFull
from agents.tests.collected import INTERVAL, Host


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No flushing: the machine does not lose its power in these tests."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """An empty spool."""
    return Spool(str(tmp_path / "spool"))


def disk(folder: str) -> int:
    """Bytes of the disk that a folder's files take."""
    paths = [path for path in Path(folder).rglob("*") if path.is_file()]
    return sum(entries.blocks(path.stat().st_size) for path in paths)


def ranges(spool: Spool) -> list[tuple[int, int, str]]:
    """What the spool says of numbers."""
    said = []
    for one in spool.entries():
        content = spool.read(one)
        assert content is not None
        said.append((content["first"], content["last"], content["kind"]))
    return said


def test_a_run_of_unchanged_collections_is_one_file(spool: Spool) -> None:
    host = Host()
    spool.add(host.collect(), host.body(3000))
    for _ in range(50):
        spool.add(host.collect())
    assert ranges(spool) == [(1, 1, "snapshot"), (2, 51, "unchanged")]
    run = spool.read(spool.entries()[1])
    assert run is not None
    assert (run["from_at"], run["to_at"]) == (host.places[2]["observed_at"], host.places[51]["observed_at"])
    assert (run["link"], run["previous_digest"]) == (host.places[51]["link"], host.places[1]["digest"])


@pytest.mark.parametrize(
    ("happened", "same_run"),
    [
        ({}, True),
        ({"pause": LONGEST_PAUSE * INTERVAL}, True),
        ({"pause": LONGEST_PAUSE * INTERVAL + 1}, False),
        ({"pause": -50.0}, False),
        ({"reboot": True}, False),
        ({"changed": True}, False),
    ],
)
def test_what_ends_a_run(happened: dict[str, float], same_run: bool) -> None:
    host = Host()
    host.collect()
    run = host.collect()
    assert extends(run, host.collect(**happened)) is same_run  # type: ignore[arg-type]  # options by name


def test_a_number_between_ends_a_run() -> None:
    host = Host()
    run = [host.collect() for _ in range(4)]
    assert not extends(run[1], run[3])


def test_merging_keeps_both_ends() -> None:
    host = Host()
    one, two = host.collect(changed=True), host.collect(changed=True, reboot=True)
    both = merged(one, two)
    assert (both["kind"], both["first"], both["last"]) == ("dropped", 1, 2)
    assert (both["from_at"], both["from_boot"], both["from_clock"]) == (one["from_at"], one["boot_id"], one["to_clock"])
    assert (both["boot_id"], both["link"], both["digest"]) == (two["boot_id"], two["link"], two["digest"])
    assert both["previous_digest"] is None


def test_snapshots_that_stay_are_spread_over_the_time(tmp_path: Path) -> None:
    spool, host = Spool(str(tmp_path / "spool"), Bounds(size=256 * 1024)), Host()
    for _ in range(200):
        spool.add(host.collect(changed=True), host.body(7000))
    said = ranges(spool)
    assert (spool.squeezed, spool.crowded) == (False, True)
    kept = [first for first, _, kind in said if kind == "snapshot"]
    assert (kept[0], kept[-1]) == (1, 200)
    assert len(kept) >= 5
    distances = [after - before for before, after in pairwise(kept)]
    assert max(distances) <= 4 * 200 / len(kept)
    assert disk(spool.folder) <= 256 * 1024


@st.composite
def histories(draw: st.DrawFn) -> tuple[int, int, int, list[tuple[int, bool]]]:
    """Bounds of a spool, a seed, and what is collected: (size of a changed snapshot or 0, after a boot)."""
    collection = st.tuples(st.sampled_from([0, 0, 10, 3000, 9000, 30000]), st.sampled_from([False] * 9 + [True]))
    return (
        draw(st.integers(8, 24)),
        draw(st.sampled_from([64, 96, 200])) * 1024,
        draw(st.integers(0, 99)),
        draw(st.lists(collection, min_size=1, max_size=50)),
    )


@settings(max_examples=40, deadline=None)
@given(history=histories())
def test_no_history_breaks_the_bounds_or_the_order(
    tmp_path_factory: pytest.TempPathFactory, history: tuple[int, int, int, list[tuple[int, bool]]]
) -> None:
    most, size, seed, collections = history
    spool, host = Spool(str(tmp_path_factory.mktemp("any") / "spool"), Bounds(most, size)), Host(seed)
    with pytest.MonkeyPatch.context() as patched:
        highest = watch(spool, patched)
        for length, reboot in collections:
            added = host.collect(changed=bool(length), reboot=reboot)
            spool.add(added, host.body(length or 10) if added["kind"] == "snapshot" else b"")
    assert highest["files"] <= most
    assert highest["bytes"] <= size
    said = ranges(spool)
    assert all(before[1] < after[0] for before, after in pairwise(said))
    assert said[-1][1] == len(collections)
    contiguous = all(before[1] + 1 == after[0] for before, after in pairwise(said))
    assert contiguous  # nothing was lost on the way: each number is in one passage or snapshot
    assert said[0][0] == 1
    newest = max(number for number, place in host.places.items() if place["digest"] != place["previous_digest"])
    assert next(kind for first, last, kind in said if first <= newest <= last) == "snapshot"
    if sum(kind == "snapshot" for _, _, kind in said) > 1 and size == 200 * 1024:  # two of the largest have room
        assert said[0][2] == "snapshot"
    for one in spool.entries():
        content = spool.read(one)
        assert content is not None
        assert content["link"] == host.places[one.last]["link"]
        assert content["digest"] == host.places[one.last]["digest"]
        assert content["previous_digest"] == host.places[one.first]["previous_digest"]
        assert (content["from_at"], content["to_at"]) == (
            host.places[one.first]["observed_at"],
            host.places[one.last]["observed_at"],
        )
        digests = {host.places[number]["digest"] for number in range(one.first, one.last + 1)}
        if content["kind"] == "unchanged":
            assert digests == {content["digest"]}


def watch(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The most that the spool ever takes of the disk, temporary files included."""
    highest = {"files": 0, "bytes": 0}

    def measured(descriptor: int) -> None:
        files = [path for path in Path(spool.folder).iterdir() if path.is_file()]
        highest["files"] = max(highest["files"], len(files))
        highest["bytes"] = max(highest["bytes"], disk(spool.folder))

    monkeypatch.setattr(os, "fsync", measured)
    return highest


def test_a_snapshot_that_is_larger_than_the_spool_is_refused(tmp_path: Path) -> None:
    spool, host = Spool(str(tmp_path / "spool"), Bounds(size=64 * 1024)), Host()
    with pytest.raises(SpoolFull):
        spool.add(host.collect(), host.body(100_000))
    spool.add(dict(host.collect(), kind="dropped"))
    assert ranges(spool) == [(2, 2, "dropped")]


def filled(folder: Path) -> tuple[Spool, Host]:
    """A spool with snapshots and passages."""
    spool, host = Spool(str(folder)), Host()
    for round_ in range(3):
        spool.add(host.collect(changed=True), host.body(500 + round_))
        spool.add(host.collect())
    return spool, host


def test_no_damage_stops_the_rest(tmp_path: Path) -> None:
    damages = 0
    for name in sorted(os.listdir(filled(tmp_path / "model")[0].folder)):
        if not name[0].isdigit():
            continue
        for way in range(6):
            spool, _ = filled(tmp_path / f"{name}-{way}")
            path = Path(spool.folder, name)
            before = {one.name: spool.read(one) for one in spool.entries()}
            damage(path, way)
            spool = Spool(spool.folder)
            after = {one.name: spool.read(one) for one in spool.entries()}
            others = {other: content for other, content in before.items() if other != name}
            assert {other: after.get(other) for other in others} == others
            said = after.get(name)
            line = before[name] or {}
            assert said in (None, dict(line, kind="dropped"), line if way == 5 else None)  # whole, but for the body
            assert (name in spool.spoilt) == (said is not None and said["kind"] != line["kind"])
            if said is None:
                assert spool.news == [name]
                assert os.listdir(spool.damaged.folder) == [name]
            damages += 1
    assert damages == 36


def damage(path: Path, way: int) -> None:
    """Damage a file in one of six ways."""
    data = path.read_bytes()
    place = random.Random(str(path)).randrange(len(data))  # noqa: S311 -- damage, no secret
    path.write_bytes(
        [
            data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :],
            bytes([data[0] ^ 1]) + data[1:],
            data[: len(data) // 2],
            b"",
            b"something else entirely\n",
            data + b"more",
        ][way]
    )


def test_every_flipped_byte_is_seen(tmp_path: Path) -> None:
    spool, _ = filled(tmp_path / "spool")
    path = Path(spool.path(spool.entries()[0]))
    data = path.read_bytes()
    for place in range(0, len(data), 3):
        path.write_bytes(data[:place] + bytes([data[place] ^ (1 << place % 8)]) + data[place + 1 :])
        try:
            assert entries.read(str(path))["kind"] == "dropped"
        except entries.Damaged:
            pass
    path.write_bytes(data)
    assert entries.read(str(path))["kind"] == "snapshot"


def test_foreign_files_are_set_aside_and_bounded(spool: Spool) -> None:
    for number in range(20):
        Path(spool.folder, f"notes-{number}.txt").write_text("mine")
    Path(spool.folder, "a-folder").mkdir()
    Path(spool.folder, "a-link").symlink_to("/etc/passwd")
    spool = Spool(spool.folder)
    assert len(os.listdir(spool.damaged.folder)) == drawer.KEPT
    assert spool.entries() == []
    assert len(spool.news) == 20


def test_a_name_that_lies_hides_nothing(tmp_path: Path) -> None:
    spool, host = filled(tmp_path / "spool")
    first = Path(spool.folder, spool.entries()[0].name)
    first.rename(first.with_name(f"{1:016d}-{10**15:016d}.dropped"))
    spool = Spool(spool.folder)
    assert [one.first for one in spool.entries()] == list(range(2, 2 + len(host.places) - 1))


def test_a_crash_at_any_write_leaves_a_whole_spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The power goes before the n-th change of the disk, for every n."""
    steps = 0
    for stop in range(1, 200):
        folder = tmp_path / str(stop)
        spool, host, done = Spool(str(folder), Bounds(entries=8)), Host(), []
        with monkeypatch.context() as patched:
            left = [stop]

            def counted(name: str, patched: pytest.MonkeyPatch = patched, left: list[int] = left) -> None:
                real = getattr(os, name)

                def step(*arguments: object, **options: object) -> object:
                    left[0] -= 1
                    if left[0] < 0:
                        raise PowerCut
                    return real(*arguments, **options)

                patched.setattr(os, name, step)

            for name in ("replace", "unlink", "fsync", "truncate"):
                counted(name)
            try:
                for number in range(14):
                    content = host.collect(changed=number % 2 == 0)
                    spool.add(content, host.body(50) if content["kind"] == "snapshot" else b"")
                    done.append(content["last"])
            except PowerCut:
                steps += 1
        said = ranges(Spool(str(folder), Bounds(entries=8)))
        assert all(before[1] < after[0] for before, after in pairwise(said))
        covered = {number for first, last, _ in said for number in range(first, last + 1)}
        assert covered >= set(done)  # what was added stays
        assert covered <= {*done, len(done) + 1}
        if len(done) == 14:
            break
    assert steps > 40


class PowerCut(BaseException):
    """The machine is off."""


def test_on_a_full_disk_bodies_give_way_and_nothing_is_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, host = Spool(str(tmp_path / "spool")), Host()
    for _ in range(3):
        spool.add(host.collect(changed=True), host.body(9000))
        spool.add(host.collect())
    real, failing = storage.write_file, [2]

    def full(path: str, data: bytes) -> None:
        if failing[0]:
            failing[0] -= 1
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path, data)

    monkeypatch.setattr(spool_module, "write_file", full)
    spool.add(host.collect(changed=True), host.body(9000))
    assert [kind for _, _, kind in ranges(spool)].count("dropped") == 2  # the two oldest
    assert ranges(spool)[-1] == (7, 7, "snapshot")
    failing[0] = 99
    with pytest.raises(OSError, match="No space"):
        spool.add(host.collect(changed=True), host.body(9000))
    assert ranges(spool) == [(1, 7, "dropped")]
    spool.add(dict(host.collect(), kind="dropped"))  # of 9: nobody can say what was before
    assert ranges(spool) == [(1, 7, "dropped"), (9, 9, "dropped")]  # in the reserve
    for _ in range(3):
        spool.add(dict(host.collect(changed=True), kind="dropped"))
    for _ in range(3):
        spool.add(host.collect())
    assert ranges(spool) == [(1, 7, "dropped"), (9, 15, "dropped")]  # in place
    run = spool.read(spool.entries()[1])
    assert run is not None
    assert (run["link"], run["digest"]) == (host.places[15]["link"], host.places[15]["digest"])


def test_small_bodies_give_way_where_that_makes_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool, host = Spool(str(tmp_path / "spool")), Host()
    for _ in range(3):
        spool.add(host.collect(changed=True), host.body(900))
    os.unlink(spool.reserve)
    blocks = [3]  # all that the disk has
    real = storage.write_file

    def full(path: str, data: bytes) -> None:
        if len(spool.entries()) >= blocks[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path, data)

    monkeypatch.setattr(spool_module, "write_file", full)
    for number in range(4, 9):
        spool.add(host.collect(changed=True), host.body(900))
        assert ranges(spool) == [(1, number - 2, "dropped"), (number - 1, number - 1, "snapshot"),
                                 (number, number, "snapshot")]  # fmt: skip
    for _ in range(3):
        spool.add(host.collect())
    assert ranges(spool) == [(1, 7, "dropped"), (8, 8, "snapshot"), (9, 11, "unchanged")]  # it grows in place
    assert (spool.squeezed, spool.crowded) == (True, False)


@pytest.mark.parametrize("before", [True, False])
def test_who_is_killed_while_passages_turn_in_place_loses_none(
    before: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL before, or right after, the n-th change of a disk that is full."""
    steps = 0
    for stop in range(1, 200):
        spool, host, done = Spool(str(tmp_path / str(stop))), Host(), []
        for _ in range(3):
            done.append(host.collect(changed=True))
            spool.add(done[-1], host.body(900))
        with monkeypatch.context() as patched:
            left = [stop]

            def full(path: str, data: bytes) -> None:
                raise OSError(errno.ENOSPC, "No space left on device")

            def counted(name: str, patched: pytest.MonkeyPatch = patched, left: list[int] = left) -> None:
                real = getattr(os, name)

                def step(*arguments: object, **options: object) -> object:
                    left[0] -= 1
                    if left[0] == 0 and before:
                        raise PowerCut
                    if left[0] < 0:
                        raise PowerCut  # nothing that tidies up comes to its work
                    found = real(*arguments, **options)
                    if left[0] == 0:
                        raise PowerCut
                    return found

                patched.setattr(os, name, step)

            patched.setattr(spool_module, "write_file", full)
            for name in ("replace", "unlink", "write", "ftruncate", "truncate"):
                counted(name)
            try:
                for number in range(8):
                    content = host.collect(changed=number % 3 == 0)
                    spool.add(dict(content, kind="dropped") if content["kind"] == "snapshot" else content)
                    done.append(content)
            except PowerCut:
                steps += 1
        again = Spool(spool.folder)
        said = ranges(again)
        assert all(one[1] < two[0] for one, two in pairwise(said))
        covered = {number for first, last, _ in said for number in range(first, last + 1)}
        assert covered >= {one["last"] for one in done}, (stop, said)
        assert (again.news, os.listdir(again.damaged.folder)) == ([], [])
        if len(done) == 11:
            break
    assert steps > 20


@pytest.mark.parametrize("way", ["link", "folder"])
def test_a_file_that_cannot_be_read_is_set_aside(way: str, tmp_path: Path) -> None:
    names = [one.name for one in filled(tmp_path / "model")[0].entries()]
    for place, name in enumerate(names):
        spool, host = filled(tmp_path / str(place))
        path = Path(spool.folder, name)
        path.unlink()
        if way == "link":
            path.symlink_to("/proc/self/mem")  # reading its beginning is an input/output error
        else:
            path.mkdir()
        spool = Spool(spool.folder)
        spool.add(host.collect())
        for one in spool.entries():
            spool.read(one)
        rest = {number for first, last, _ in ranges(spool) for number in range(first, last + 1)}
        assert rest == set(range(1, 8)) - {place + 1}
        assert (spool.news, os.listdir(spool.damaged.folder)) == ([name], [name])
        assert spool.free()  # no folder in the way stops it


def test_damage_that_nobody_can_move_wins_no_room_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two neighbours that can be neither read nor moved nor removed, on a full disk: it is full, and that is all."""
    spool, host = Spool(str(tmp_path / "spool")), Host()
    for number in (1, 2):
        host.collect(changed=True)
        for folder in (spool.folder, spool.damaged.folder):
            place = Path(folder, f"{number:016d}-{number:016d}.dropped")
            place.mkdir()
            (place / "kept").write_text("by somebody")

    def full(path: str, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(spool_module, "write_file", full)
    assert not spool.free()
    with pytest.raises(OSError, match="No space"):
        spool.add(host.collect(changed=True), host.body(9000))
    spool.add(dict(host.collect(changed=True), kind="dropped"))  # in the reserve, all the same
    assert spool.entries()[-1].first == 4
