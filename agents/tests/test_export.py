"""What the tar streams of layers hold, whatever the names look like."""

import io
import stat
import tarfile

from agents.posture_agent.collectors import export
from agents.posture_agent.reading import Deadline


def layer(*members: tuple[str, bytes, int, str]) -> export.Layer:
    """A layer of members: name, type, mode, target of a link."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, kind, mode, target in members:
            member = tarfile.TarInfo(name)
            member.type, member.mode, member.linkname = kind, mode, target
            archive.addfile(member)
    stream.seek(0)
    return export.reduced(stream, Deadline(10))


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
