"""The other tool: docker-bench-security, from a checkout that is not ours."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

SECONDS = 900


@dataclass(frozen=True, slots=True)
class Said:
    """One of its results: PASS, WARN, INFO or NOTE, and its own details."""

    tag: str
    details: str


def version_of(checkout: Path) -> str:
    """Its own version, as its script says."""
    script = (checkout / "docker-bench-security.sh").read_text(encoding="utf-8")
    return script.partition("version='")[2].partition("'")[0] or "unknown"


def ask(checkout: Path, endpoint: str, folder: Path) -> dict[str, Said]:
    """Every result by control number (CIS 1.6.0)."""
    log = folder / "docker-bench.log"
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "DOCKER_HOST": endpoint, "TERM": "dumb"}
    subprocess.run(
        ["sh", "./docker-bench-security.sh", "-b", "-l", str(log)],
        cwd=checkout, env=environment, capture_output=True, timeout=SECONDS, check=True,
    )  # fmt: skip
    document = json.loads(Path(f"{log}.json").read_text(encoding="utf-8", errors="replace"), strict=False)
    return {
        result["id"]: Said(result.get("result", ""), str(result.get("details", "")))
        for test in document["tests"]
        for result in test["results"]
    }
