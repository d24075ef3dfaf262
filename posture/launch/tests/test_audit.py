"""`bin/audit` on this very machine: a listing, a score, and an exit status that scripts can trust."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from posture.launch.places import CHECKOUT

pytestmark = pytest.mark.slow
NO_ENGINE = "--engine=unix:///nowhere/docker.sock"


def audit(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(CHECKOUT / "bin" / "audit"), NO_ENGINE, *words],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def test_a_listing_with_score_and_colours_where_wanted() -> None:
    done = audit("--fail-on=never", "--colour=always")
    assert done.returncode == 0, done.stderr
    assert "\x1b[1;31m[WARN]\x1b[0m" in done.stdout
    assert "Score: " in done.stdout.splitlines()[-2]
    assert "\x1b" not in audit("--fail-on=never").stdout  # nobody's terminal


def test_exit_status_tells_what_fails() -> None:
    assert audit("--fail-on=high").returncode == 1  # an engine that cannot be read is no good news
    assert audit("--fail-on=never", "--fail-under=99").returncode == 1
    assert audit("--fail-on=never", "--fail-under=0").returncode == 0


def test_a_wrong_command_line_is_another_status() -> None:
    done = audit("--edition=none-such")
    assert done.returncode == 2
    assert "cis-docker-1.8.0" in done.stderr
    assert audit("--fail-on=much").returncode == 2


def test_it_speaks_the_language_of_the_locale_and_json() -> None:
    assert "Critiques ouverts\N{NO-BREAK SPACE}: " in audit("--fail-on=never", LANG="fr_FR.UTF-8").stdout
    document = json.loads(audit("--fail-on=never", "--format=json").stdout)
    assert {"edition", "score"} <= set(document)


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    audit("--fail-on=never", HOME=str(tmp_path), XDG_STATE_HOME=str(tmp_path / "state"), TMPDIR=str(tmp_path))
    assert list(tmp_path.iterdir()) == []
