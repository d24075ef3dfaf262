"""Under a service manager that gives the agent a /tmp of its own, it still sees the host's."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from agents.posture_agent.hostfiles import HostFiles
from posture.tests.requirements import require

SEEN = """
import json
from agents.posture_agent.hostfiles import HostFiles
files = HostFiles()
real = files.resolved(%(link)r)
print(json.dumps([real, files.text(real), files.exists("/tmp/of-its-own")]))
"""

# The checkout may lie in /tmp itself: it is carried over, or there would be no Python to run.
OWN_TMP = """
set -e
mount --bind "$2" /mnt
mount -t tmpfs tmpfs /tmp
mkdir -p "$2"
mount --move /mnt "$2"
touch /tmp/of-its-own
exec "$0" -c "$1"
"""
ROOT = Path(__file__).resolve().parents[2]


def test_links_below_the_host_s_tmp_are_resolved() -> None:
    require("root and unshare", os.geteuid() == 0 and shutil.which("unshare") is not None)
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder, "secret").write_text("seen")
        Path(folder, "link").symlink_to(f"{folder}/secret")
        agent = ["unshare", "-m", "sh", "-c", OWN_TMP, sys.executable, SEEN % {"link": f"{folder}/link"}, str(ROOT)]
        host = ["unshare", "-mpf", "--mount-proc", "sh", "-c", '"$@"; exit $?', "first"]  # its process 1 sees this /tmp
        command = [*host, *agent]
        done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [f"{folder}/secret", "seen", False]


@pytest.mark.parametrize(
    ("path", "real"),
    [
        ("/a/link/x", "/etc/x"),
        ("/a/up", "/a/b"),
        ("/a/./b//c/..", "/a/b"),
        ("/gone/x", "/gone/x"),
        ("/a/loop", "/a/loop"),
        ("/", "/"),
    ],
)
def test_links_are_the_host_s_own(path: str, real: str, tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/link").symlink_to("/etc")
    (tmp_path / "a/up").symlink_to("../a/b")
    (tmp_path / "a/loop").symlink_to("loop")
    files = HostFiles(str(tmp_path))
    files.replaced = ("/tmp/",)
    assert files.resolved(path) == real
