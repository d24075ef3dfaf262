"""What of an image's files is told."""

import stat

import pytest

from agents.posture_agent.collectors import notable


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/usr/bin/gcc", True),
        ("/usr/bin/x86_64-linux-gnu-gcc-12", True),
        ("/usr/bin/arm-linux-gnueabihf-g++-10", True),
        ("/usr/bin/clang-14", True),
        ("/usr/local/go/bin/go", True),
        ("/usr/lib/cargo/bin/sudo", True),
        ("/bin/nc.openbsd", True),
        ("/usr/sbin/sshd", True),
        ("/usr/bin/ssh", False),
        ("/usr/bin/gcc-ranlib-12", False),
        ("/usr/bin/sudoku", False),
        ("/usr/bin/llvm-as", False),
        ("/usr/bin/lsof", False),
        ("/usr/bin/google-chrome", False),
        ("/usr/share/bash-completion/completions/make", False),
        ("/bin/busybox", False),
        ("/usr/bin/apt-get", False),
    ],
)
def test_programs_that_few_images_need(path: str, wanted: bool) -> None:
    assert notable.program(path, stat.S_IFREG | 0o755) is wanted
    assert not notable.program(path, stat.S_IFREG | 0o644)
    assert not notable.program(path, stat.S_IFDIR | 0o755)


@pytest.mark.parametrize(
    ("path", "mode", "wanted"),
    [
        ("/srv/a", stat.S_IFREG | 0o666, True),
        ("/srv", stat.S_IFDIR | 0o777, True),
        ("/tmp", stat.S_IFDIR | 0o1777, False),
        ("/tmp/a", stat.S_IFREG | 0o1666, True),
        ("/srv/a", stat.S_IFREG | 0o664, False),
        ("/srv/a", stat.S_IFLNK | 0o777, False),
        ("/dev/shm", stat.S_IFDIR | 0o777, False),
        ("/proc/x", stat.S_IFREG | 0o666, False),
        ("/devices", stat.S_IFDIR | 0o777, True),
    ],
)
def test_what_anybody_may_write(path: str, mode: int, wanted: bool) -> None:
    assert notable.world_writable(path, mode) is wanted


def test_the_first_release_file_counts() -> None:
    texts = {
        "/usr/lib/os-release": 'ID=debian\nVERSION_ID="12"\n',
        "/etc/os-release": "# x\nID='alpine'\nVERSION_ID=3.19.1",
    }
    assert notable.release(texts) == {"Id": "alpine", "VersionId": "3.19.1"}
    assert notable.release({"/usr/lib/os-release": "NAME=Linux"}) == {"Id": "linux", "VersionId": ""}
    assert notable.release({}) == {"Id": "", "VersionId": ""}


def test_more_names_than_are_told_are_cut() -> None:
    modes = {"/a%03d" % number: stat.S_IFREG | 0o666 for number in range(100)}
    found = notable.told(modes, {})
    assert found["WorldWritable"] == sorted(modes)[: notable.MAX_WRITABLE]
    many = {"/a%d" % number: stat.S_IFREG | 0o4755 for number in range(notable.MAX_SETUID + 1)}
    assert "SetuidFiles" not in notable.told(many, {})


def test_hostile_names_cost_little() -> None:
    # That this ends at all is the point: an expression that backtracks would take minutes.
    for name in ("a-" * 100_000, "a" * 200_000 + "-gcc!", "/" * 200_000 + "bin", "bin/" * 50_000):
        assert not notable.program("/usr/bin/" + name, stat.S_IFREG | 0o755)
