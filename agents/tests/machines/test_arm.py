"""The agent under Debian's ARM Pythons, emulated, sees of a real engine and its host what the native agent sees."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from agents.build import SOURCES
from agents.posture_agent.reading import BEYOND_2038
from agents.tests.machines.debian import Tree
from agents.tests.machines.interpreters import Interpreter, emulated
from agents.tests.machines.life import Life, live
from agents.tests.machines.likeness import Collect, Pair, pair
from agents.tests.machines.old_kernel import LAUNCHER
from posture.facts.digest import facts_digest
from posture.facts.wire.snapshot import Snapshot
from posture.launch.tls import Papers

pytestmark = [pytest.mark.engine, pytest.mark.slow]

# armhf counts time in 32 bits up to bookworm and in 64 from trixie on; OpenSSL 1.1.1, 3.0 and 3.5.
TREES = {
    "armhf-3.9": Tree("bullseye", "armhf"),
    "armhf-3.11": Tree("bookworm", "armhf"),
    "armhf-3.13": Tree("trixie", "armhf"),
    "arm64-3.11": Tree("bookworm", "arm64"),
}
OLD = "armhf-3.9"  # stands for a board of 2015: it gets no more than the system calls of Linux 3.10
IN_2040 = 2_208_988_800
# What the agent says of a file: whether it exists, and why it cannot be described where that is so.
DESCRIBE = """
import sys; sys.path.insert(0, sys.argv[1])
from posture_agent.hostfiles import HostFiles
from posture_agent.reading import Deadline, Sources
files, sources = HostFiles(), Sources(Deadline(9))
print(files.exists(sys.argv[2]), files.exists(sys.argv[2] + "x"), sources.read("s", files.stat, sys.argv[2]) is None)
print(sources.entries[0].get("Reason"), sources.entries[0].get("Detail"))
"""


def board(name: str) -> Interpreter:
    """Its Python."""
    python = emulated(TREES[name])
    return python.under(*LAUNCHER) if name == OLD else python


@pytest.fixture(scope="module")
def pairs(collect: Collect) -> dict[str, Pair]:
    """A pair of each emulated Python, two at a time."""
    begun = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(TREES, pool.map(lambda name: pair(collect, board(name), name), TREES), strict=True))
    print(f"{len(found)} emulated collections took {time.monotonic() - begun:.1f} s")
    return found


@pytest.mark.parametrize("name", TREES)
def test_facts_are_the_native_agents(name: str, pairs: dict[str, Pair]) -> None:
    assert pairs[name].unexplained() == []
    told = pairs[name].other
    assert name.endswith(".".join(told["agent"]["Python"].split(".")[:2]))
    assert told["facts"]["Host"]["Architecture"] == ("armv7l" if "armhf" in name else "aarch64")


@pytest.mark.parametrize("name", TREES)
def test_the_server_counts_the_same_digest(name: str, pairs: dict[str, Pair]) -> None:
    decoded = msgspec.json.decode(json.dumps(pairs[name].other), type=Snapshot)
    assert facts_digest(decoded.facts) == decoded.digest


@pytest.mark.parametrize("name", TREES)
def test_what_the_emulator_keeps_from_the_agent_is_said(name: str, pairs: dict[str, Pair]) -> None:
    sources = pairs[name].other["facts"]["Sources"]
    assert {source["Name"] for source in sources if source["Status"] == "failed"} == {"host.audit"}


def test_life_is_the_native_agents(agent: Path, papers: Papers, tmp_path: Path, lived: Life) -> None:
    # OpenSSL asks how old the kernel is before it does without getrandom.
    boards = {OLD: emulated(TREES[OLD]).on_kernel("3.10.107").under(*LAUNCHER), "arm64-3.11": board("arm64-3.11")}
    with ThreadPoolExecutor(2) as pool:
        lives = pool.map(lambda name: live(boards[name], agent, papers, tmp_path / name), boards)
    assert list(lives) == [lived, lived]


@pytest.mark.parametrize("name", ["armhf-3.11", "armhf-3.13"])
def test_a_file_of_a_time_that_32_bits_cannot_tell(name: str, tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.touch()
    os.utime(target, (IN_2040, IN_2040))
    said, reason = emulated(TREES[name]).output("-B", "-c", DESCRIBE, str(SOURCES.parent), str(target)).splitlines()
    if name == "armhf-3.13":
        assert (said, reason) == ("True False False", "None None")
    else:
        assert (said, reason) == ("True False True", f"source_failed {BEYOND_2038}")


def test_the_comparison_is_about_something(pairs: dict[str, Pair]) -> None:
    facts = pairs["armhf-3.11"].other["facts"]
    assert facts["Host"]["Listeners"]
    containers = {item["Name"]: item for item in facts["Engines"][0]["Containers"]}
    assert set(containers) == {"plain", "strict", "loose", "many", "done", "privileged"}
    assert containers["loose"]["HostConfig"]["Memory"] == 6 * 2**30
    assert containers["plain"]["Process"]["CapEff"] != containers["strict"]["Process"]["CapEff"]
    assert "secret-variable" in json.dumps(containers["many"])  # a mark with its fingerprint
    images = {tag: image for image in facts["Engines"][0]["Images"] for tag in image["RepoTags"]}
    assert {file["Path"] for file in images["posture-many:1"]["SetuidFiles"]} == {"/bin/su", "/usr/local/bin/sudo"}
    assert [file["Path"] for file in images["posture-future:1"]["SetuidFiles"]] == ["/bin/mount"]
    assert images["posture-many:1"]["Scan"]["High"] == 3
    assert facts["Engines"][0]["Daemon"]["Listeners"]  # read by the peer of its socket, through /proc
