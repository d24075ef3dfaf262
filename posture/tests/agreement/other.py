"""The other tool: docker-bench-security, from a checkout that is not ours."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SECONDS = 900
# What it calls its groups of checks, by the first number of the controls.
GROUPS: Mapping[str, str] = {
    "1": "host_configuration",
    "2": "docker_daemon_configuration",
    "3": "docker_daemon_files",
    "4": "container_images",
    "5": "container_runtime",
    "6": "docker_security_operations",
    "7": "docker_swarm_configuration",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One of its results: PASS, WARN, INFO or NOTE, and its own details."""

    tag: str
    details: str


def version_of(checkout: Path) -> str:
    """Its own version, as its script says."""
    script = (checkout / "docker-bench-security.sh").read_text(encoding="utf-8")
    return script.partition("version='")[2].partition("'")[0] or "unknown"


def ask(
    checkout: Path, endpoint: str, folder: Path, sections: Sequence[str], *, only: str = "", trusted: str = ""
) -> dict[str, Said]:
    """Every result by control number (CIS 1.6.0).

    ``sections``: what the numbers start with; ``only``: a pattern for containers and images; ``trusted``: its -u.
    """
    log = folder / "docker-bench.log"
    groups = sorted({section.partition(".")[0] for section in sections})
    words = ["-b", "-l", str(log), "-c", ",".join(GROUPS[group] for group in groups)]
    words += ["-i", only] if only else []
    words += ["-u", trusted] if trusted else []
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "DOCKER_HOST": endpoint, "TERM": "dumb"}
    subprocess.run(
        ["sh", "./docker-bench-security.sh", *words],
        cwd=checkout, env=environment, capture_output=True, timeout=SECONDS, check=True,
    )  # fmt: skip
    document = json.loads(Path(f"{log}.json").read_text(encoding="utf-8", errors="replace"), strict=False)
    return {
        result["id"]: Said(result.get("result", ""), str(result.get("details", "")))
        for test in document["tests"]
        for result in test["results"]
    }
