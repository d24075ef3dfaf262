"""The short form of ``manage.py bench chaos``: fifty real agents, a real server, and everything dies at least once."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SEED = 20261122
LIMIT = 300


@pytest.mark.slow
def test_the_ledger_is_that_of_the_agents_journals() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "bench", "chaos", "--minutes=0.25", "--agents=50", f"--seed={SEED}"],
        cwd=ROOT,
        env={**os.environ, "POSTURE_SECRET_KEY": secrets.token_urlsafe(32), "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    assert "the ledger equals the one of the journals" in done.stdout
    for part in ("agent", "web", "worker", "broker", "database"):
        assert f"{part} 0" not in done.stdout
