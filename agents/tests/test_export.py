"""What the tar streams of layers hold, whatever the names look like."""

import io
import stat
import tarfile
import time
from pathlib import Path

import pytest

from agents.posture_agent.collectors import contents, export
from agents.posture_agent.hostfiles import HostFiles
from agents.posture_agent.reading import Deadline


def layer(*members: tuple[str, bytes, int, str]) -> export.Layer:
    """A layer of members: name, type, mode, target of a link."""
    return export.reduced(packed(*members), Deadline(10))


def packed(*members: tuple[str, bytes, int, str]) -> io.BytesIO:
    """The tar of such members."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, kind, mode, target in members:
            member = tarfile.TarInfo(name)
            member.type, member.mode, member.linkname = kind, mode, target
            archive.addfile(member)
    stream.seek(0)
    return stream


def test_a_name_that_begins_with_a_dot_hides_nothing_else() -> None:
    found = layer((".usr", tarfile.REGTYPE, 0o644, ""), ("./.wh.bin", tarfile.REGTYPE, 0, ""))
    assert not found.hides("/usr/bin/su")
    assert found.hides("/.usr")
    assert found.hides("/bin")


def test_a_hard_link_to_a_setuid_file_is_one() -> None:
    found = layer(("a/su", tarfile.REGTYPE, 0o4755, ""), ("b/su", tarfile.LNKTYPE, 0o4755, "a/su"))
    assert found.modes == {"/a/su": stat.S_IFREG | 0o4755, "/b/su": stat.S_IFREG | 0o4755}


def test_the_upper_layers_folder_decides_who_may_write_it() -> None:
    lower = layer(
        ("./", tarfile.DIRTYPE, 0o777, ""), ("a", tarfile.DIRTYPE, 0o777, ""), ("b", tarfile.DIRTYPE, 0o1777, "")
    )
    assert lower.modes == {"/a": stat.S_IFDIR | 0o777}
    assert layer(("a", tarfile.DIRTYPE, 0o755, "")).hides("/a")


def test_a_hundred_thousand_names_are_looked_up_at_once() -> None:
    found = export.Layer()
    found.present = {"/f%d" % number for number in range(100_000)}
    # That this ends soon is the point: joining the sets for every path would take minutes.
    assert sum(found.hides("/f%d/x" % number) for number in range(20_000)) == 20_000


def test_the_layers_of_an_image_share_one_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MAX_ENTRIES", 5)
    inner = packed(*((str(number), tarfile.REGTYPE, 0o644, "") for number in range(4))).getvalue()
    for count in (1, 2):
        image = io.BytesIO()
        with tarfile.open(fileobj=image, mode="w") as archive:
            for number in range(count):
                member = tarfile.TarInfo(f"{number}/layer.tar")
                member.size = len(inner)
                archive.addfile(member, io.BytesIO(inner))
        image.seek(0)
        if count == 1:
            assert len(export.read(image, Deadline(10))[0]) == 1
        else:
            with pytest.raises(TimeoutError):
                export.read(image, Deadline(10))


def test_layers_of_many_deep_names_end_with_the_time(tmp_path: Path) -> None:
    deep = tmp_path / "0" / ("d/" * 40)
    deep.mkdir(parents=True)
    for number in range(200):
        (deep / str(number)).touch()
        (deep / str(number)).chmod(0o666)
    folders = [tmp_path / str(number) for number in range(120)]
    for folder in folders[1:]:
        (folder / ("d/" * 40)).mkdir(parents=True)
    data = {"UpperDir": str(folders[-1]), "LowerDir": ":".join(map(str, reversed(folders[:-1])))}
    finder = contents.Finder(HostFiles(), None, 60.0)
    for folder in folders:
        finder.layer(str(folder))  # each was walked in time
    finder.deadline = Deadline(0.2)
    begun = time.monotonic()
    assert finder.from_layers({"GraphDriver": {"Name": "overlay2", "Data": data}}) is None
    assert time.monotonic() - begun < 2
