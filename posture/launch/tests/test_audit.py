"""`bin/audit` on this very machine: a listing, a score, and an exit status that scripts can trust."""

import contextlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from posture.launch import audit as program
from posture.launch.audit_words import WORDS
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
    assert audit("--fail-on=high").returncode == 10  # an engine that cannot be read is no good news
    assert audit("--fail-on=never", "--fail-under=99").returncode == 10
    assert audit("--fail-on=never", "--fail-under=0").returncode == 0


def test_a_wrong_command_line_is_another_status() -> None:
    done = audit("--edition=none-such")
    assert done.returncode == 2
    assert "cis-docker-1.8.0" in done.stderr
    for words in ("--fail-on=much", "--fail-under=nan", "--fail-under=101", "--engine=ftp://there", "--edit=posture"):
        assert audit(words).returncode == 2, words


def test_a_listing_that_cannot_be_written_is_no_verdict() -> None:
    line = [str(CHECKOUT / "bin" / "audit"), NO_ENGINE]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 3
    assert "could not be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_who_stops_reading_misses_no_verdict() -> None:
    for word, status in (("--fail-on=high", 10), ("--fail-on=never", 0)):
        reading, writing = os.pipe()
        os.close(reading)
        line = [str(CHECKOUT / "bin" / "audit"), NO_ENGINE, word]
        done = subprocess.run(line, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
        os.close(writing)
        assert (done.returncode, done.stderr) == (status, "")


def test_what_crashes_is_no_verdict(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")  # ends with 1, as whatever crashes
    options = program.parser("en").parse_args([])
    assert program.judge(options, b"{}") == 1
    monkeypatch.setattr(program, "collect", lambda *_given: b"{}")
    assert program.main([]) == 3
    assert "could not be judged" in capfd.readouterr().err


def test_it_speaks_the_language_of_the_locale_and_json() -> None:
    french = "Critiques ouverts\N{NO-BREAK SPACE}: "
    assert french in audit("--fail-on=never", LC_ALL="", LC_MESSAGES="", LANG="fr_FR.UTF-8").stdout
    assert french in audit("--fail-on=never", LC_ALL="fr_FR.UTF-8", LANG="en_GB.UTF-8").stdout
    assert french in audit("--fail-on=never", LC_ALL="", LC_MESSAGES="fr_FR.UTF-8", LANG="C").stdout
    assert french not in audit("--fail-on=never", LC_ALL="C.UTF-8", LANG="fr_FR.UTF-8").stdout
    document = json.loads(audit("--fail-on=never", "--format=json").stdout)
    assert {"edition", "score"} <= set(document)


def test_help_is_in_both_languages() -> None:
    english, french = audit("--help", LC_ALL="C"), audit("--help", "--language=fr", LC_ALL="C")
    assert "10 something fails that must not" in " ".join(english.stdout.split())
    assert "10 un échec inadmissible" in " ".join(french.stdout.split())
    assert audit("--help", LC_ALL="fr_FR.UTF-8").stdout == french.stdout
    assert {len(pair) for pair in WORDS.values()} == {2}


@pytest.mark.parametrize(
    ("environment", "words", "coloured"),
    [
        ({"TERM": "xterm"}, (), True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, (), False),
        ({"TERM": "xterm", "NO_COLOR": ""}, (), True),
        ({"TERM": "dumb"}, (), False),
        ({"TERM": "dumb", "NO_COLOR": "1"}, ("--colour=always",), True),
        ({"TERM": "xterm"}, ("--colour=never",), False),
    ],
)
def test_colours_on_a_terminal(environment: dict[str, str], words: tuple[str, ...], coloured: bool) -> None:
    printed, status = on_terminal([NO_ENGINE, "--fail-on=never", *words], environment)
    assert status == 0
    assert "Reading this machine" in printed
    assert ("\x1b[" in printed) is coloured


def on_terminal(words: list[str], environment: dict[str, str]) -> tuple[str, int]:
    """What `bin/audit` shows on a terminal, and its exit status."""
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    mine, theirs = pty.openpty()
    running = subprocess.Popen(
        [str(CHECKOUT / "bin" / "audit"), *words],
        stdin=theirs, stdout=theirs, stderr=theirs, env={**plain, "LC_ALL": "C", **environment},
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    with contextlib.suppress(OSError):  # how a terminal says that nobody is there any more
        while piece := os.read(mine, 65536):
            seen += piece
    os.close(mine)
    return seen.decode(), running.wait()


def test_assess_needs_no_secret(tmp_path: Path) -> None:
    line = [sys.executable, "manage.py", "assess", str(tmp_path / "none.json")]
    environment = {"PATH": os.environ["PATH"], "POSTURE_SECRET_KEY_FILE": "/nowhere/key"}
    done = subprocess.run(line, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "could not be read" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    audit("--fail-on=never", HOME=str(tmp_path), XDG_STATE_HOME=str(tmp_path / "state"), TMPDIR=str(tmp_path))
    assert list(tmp_path.iterdir()) == []
