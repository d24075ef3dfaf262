"""What a collection costs on a real engine, beside docker-bench-security on the same engine in the same run."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.build import build
from posture.tests.engine import TestEngine, available

# Containers of the kinds a fleet has; each line is the options of every fifth container.
KINDS: tuple[tuple[str, ...], ...] = (
    ("-e", "DB_PASSWORD=not-a-real-one", "--network", "none"),
    ("--user", "1000:1000", "--cap-drop", "ALL", "--read-only", "--network", "none"),
    ("--memory", "64m", "--pids-limit", "50", "--label", "com.docker.compose.project=shop", "--network", "none"),
    ("-v", "/etc:/host/etc:ro", "--cap-add", "SYS_TIME", "--network", "none"),
    ("--security-opt", "no-new-privileges", "--restart", "on-failure:5", "--health-cmd", "true", "--network", "none"),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost of one run of a program, its children included. ``memory`` is the peak of its largest process, in bytes."""

    wall: float
    cpu: float
    memory: int

    def words(self) -> str:
        """The cost as text."""
        return f"{self.wall:8.3f} s wall, {self.cpu:8.3f} s CPU, {self.memory / 1e6:6.1f} MB peak"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``manage.py bench agent``."""
    parser.add_argument("--containers", type=int, default=50, help="running containers (default 50)")
    parser.add_argument("--engine", help="measure on this engine, as it is, instead of starting one")
    parser.add_argument("--docker-bench", type=Path, help="a checkout of docker-bench-security to compare with")
    parser.add_argument("--runs", type=int, default=5, help="collections to take the median of (default 5)")
    parser.add_argument("--python", default=sys.executable, help="the Python that runs the agent")


def run(options: dict[str, Any]) -> Iterator[str]:
    """Lines of the report, each as soon as it is known. Raises RuntimeError where no engine can be started."""
    with tempfile.TemporaryDirectory(prefix="posture-bench-") as folder, engine_with_containers(options) as endpoint:
        agent = Path(folder, "posture-agent.pyz")
        build(agent)
        yield f"posture-agent.pyz: {agent.stat().st_size} bytes"
        words = [options["python"], str(agent), "collect", "--state", f"{folder}/state", "-H", endpoint]
        output = Path(folder, "snapshot.json")
        yield f"first collection  {measured(words, output).words()}"
        ours = median([measured(words, output) for _ in range(options["runs"])])
        yield f"later collections {ours.words()} (median of {options['runs']})"
        yield f"snapshot: {output.stat().st_size} bytes"
        if options["docker_bench"]:
            theirs = measured(docker_bench(folder), output, options["docker_bench"], {"DOCKER_HOST": endpoint})
            yield f"docker-bench      {theirs.words()}"
            wall, cpu = theirs.wall / ours.wall, theirs.cpu / ours.cpu
            yield f"ratios: {wall:.0f} times less wall time, {cpu:.0f} times less CPU"
            yield f"largest process: {ours.memory / theirs.memory:.2f} times theirs"


def docker_bench(folder: str) -> list[str]:
    """The other tool's command line: no colours, its log into our own directory."""
    return ["sh", "./docker-bench-security.sh", "-b", "-l", f"{folder}/docker-bench.log"]


@contextmanager
def engine_with_containers(options: dict[str, Any]) -> Iterator[str]:
    """The endpoint of the engine to measure on; our own is stopped and removed afterwards."""
    if options["engine"]:
        yield options["engine"]
        return
    if not available():
        raise RuntimeError(
            "An engine of our own needs root, dockerd, docker, ip and busybox; or name one with --engine."
        )
    with TestEngine() as engine:
        for number in range(options["containers"]):
            engine.run(f"bench-{number:03}", *KINDS[number % len(KINDS)])
        yield engine.endpoint


# Runs in a small process of its own: a program counts what its parent occupied as its own peak, and ours is large.
LAUNCHER = """
import os, sys, time
output, *words = sys.argv[1:]
flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
files = [(os.POSIX_SPAWN_OPEN, 1, output, flags, 0o600), (os.POSIX_SPAWN_OPEN, 2, output + ".errors", flags, 0o600)]
started = time.monotonic()
child = os.posix_spawnp(words[0], words, os.environ, file_actions=files)
_, status, usage = os.wait4(child, 0)
print(status, time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
"""


def measured(
    words: Sequence[str], output: Path, folder: Path | None = None, environment: dict[str, str] | None = None
) -> Cost:
    """Run a program to its end, its output in a file; raises RuntimeError when it fails."""
    launched = subprocess.run(  # noqa: S603  # a developer's own words, no shell
        [sys.executable, "-I", "-S", "-c", LAUNCHER, str(output), *words],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        check=True,
        text=True,
    )
    status, wall, cpu, memory = launched.stdout.split()
    if int(status):
        raise RuntimeError(f"{words[0]} failed: {Path(f'{output}.errors').read_text(errors='replace')[-500:]}")
    return Cost(float(wall), float(cpu), int(memory) * 1024)  # Linux gives ru_maxrss in units of 1024 bytes


def median(costs: Sequence[Cost]) -> Cost:
    """The median of each cost; the memory is the highest."""
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        max(cost.memory for cost in costs),
    )
