"""Setuid files in the tar streams of layers, whatever their names look like."""

import io
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
    assert found.setuid == {"/a/su": 0o4755, "/b/su": 0o4755}
