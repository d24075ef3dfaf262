"""install and uninstall: staged below a folder, with systemd, cron and busybox; a second time changes nothing."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from agents.build import SOURCES
from agents.posture_agent import failures, programs
from agents.tests.built import write_agent
from posture.tests.requirements import require

SERVICE = "etc/systemd/system/posture-agent.service"
TIMER = "etc/systemd/system/posture-agent.timer"
WANTED = "etc/systemd/system/timers.target.wants/posture-agent.timer"
CRON = "etc/cron.d/posture-agent"
PERIODIC = "etc/periodic/15min/posture-agent"
PROGRAM = "usr/local/bin/posture-agent"
SETTINGS = "etc/posture-agent.conf"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("built") / "posture-agent.pyz"
    write_agent(target)
    return target


@pytest.fixture(params=["systemd", "cron", "busybox"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The root of a system with one of the three."""
    places = {"systemd": "lib/systemd/systemd/x", "cron": "etc/cron.d/x", "busybox": "etc/periodic/15min/x"}
    folder = tmp_path / "root"
    (folder / places[request.param]).parent.mkdir(parents=True)
    return folder


def run(agent: Path, *words: str | Path, language: str = "C") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(agent), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, "LC_ALL": language})


def files(root: Path) -> dict[str, tuple[int, bytes | str]]:
    """Mode and content of each file, target of each link."""
    found: dict[str, tuple[int, bytes | str]] = {}
    for path in sorted(root.rglob("*")):
        if path.is_symlink():
            found[str(path.relative_to(root))] = (0, os.readlink(path))
        elif path.is_file():
            found[str(path.relative_to(root))] = (stat.S_IMODE(path.stat().st_mode), path.read_bytes())
    return found


def test_everything_gets_its_place_and_leaves_it(agent: Path, root: Path) -> None:
    done = run(agent, "install", "--root", root, "--interval", "600", "--engine", "unix:///a", "--engine", "unix:///b")
    assert done.returncode == failures.OK, done.stderr
    made = files(root)
    assert made[PROGRAM] == (0o755, agent.read_bytes())
    assert made[SETTINGS][0] == 0o600, "a proxy's password may stand in it"
    settings = str(made[SETTINGS][1], "utf-8").splitlines()  # type: ignore[arg-type]
    assert [line for line in settings if not line.startswith("#")] == [
        "engine = unix:///a",
        "engine = unix:///b",
        "interval = 600",
    ]
    expected = {SERVICE, TIMER, WANTED} if (root / "lib").exists() else {CRON} if (root / CRON).exists() else {PERIODIC}
    assert made.keys() == {PROGRAM, SETTINGS} | expected
    if PERIODIC in made:
        assert b" send --due --every 900 " in made[PERIODIC][1]
    again = run(agent, "install", "--root", root)
    assert (again.returncode, again.stdout) == (failures.OK, "nothing to do: everything is in its place\n")
    assert files(root) == made
    assert run(agent, "uninstall", "--root", root).returncode == failures.OK
    assert files(root) == {}
    assert "not installed" in run(agent, "uninstall", "--root", root).stdout


def test_a_link_out_of_the_root_is_not_followed(agent: Path, root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (root / "usr").mkdir(exist_ok=True)
    (root / "usr/local").symlink_to(elsewhere)
    done = run(agent, "install", "--root", root)
    assert done.returncode == failures.USAGE
    assert "a link leads out" in done.stderr
    assert not any(elsewhere.iterdir())
    assert files(root).keys() == {"usr/local"}
    (root / "usr/local").unlink()
    (root / "usr/local").symlink_to("../opt")
    (root / "opt").mkdir()
    assert run(agent, "install", "--root", root).returncode == failures.OK
    assert (root / "opt/bin/posture-agent").exists()


def test_what_would_be_done_is_said_and_not_done(agent: Path, root: Path) -> None:
    done = run(agent, "install", "--root", root, "--dry-run", language="fr_FR.UTF-8")
    assert done.returncode == failures.OK
    assert f"écrirait {root}/{PROGRAM}" in done.stdout
    assert files(root) == {}
    run(agent, "install", "--root", root)
    made = files(root)
    assert "would remove" in run(agent, "uninstall", "--root", root, "--dry-run").stdout
    assert files(root) == made


def test_another_place_for_everything(agent: Path, tmp_path: Path) -> None:
    (tmp_path / "usr/lib/systemd").mkdir(parents=True)
    (tmp_path / "usr/lib/systemd/systemd").touch()
    words: list[str | Path] = ["--root", tmp_path, "--prefix", "/opt/posture", "--config", "/etc/posture/agent.conf"]
    done = run(agent, "install", *words, "--state", "/srv/posture")
    assert done.returncode == failures.OK, done.stderr
    unit = (tmp_path / SERVICE).read_text()
    assert "ExecStart=/opt/posture/bin/posture-agent send --due --config /etc/posture/agent.conf\n" in unit
    assert "ReadWritePaths=/srv/posture\n" in unit
    assert run(agent, "uninstall", *words).returncode == failures.OK
    assert files(tmp_path).keys() == {"usr/lib/systemd/systemd"}


@pytest.mark.parametrize("path", ["/a b", "relative", "/a;reboot", "/a/../b", "/a%h", "/a$(x)", "/a\nb"])
def test_no_path_becomes_a_command(agent: Path, tmp_path: Path, path: str) -> None:
    (tmp_path / "etc/cron.d").mkdir(parents=True)
    for option in ("--prefix", "--config", "--state"):
        assert run(agent, "install", "--root", tmp_path, option, path).returncode == failures.USAGE
    assert files(tmp_path) == {}


def test_settings_of_a_person_stay(agent: Path, tmp_path: Path) -> None:
    (tmp_path / "etc/cron.d").mkdir(parents=True)
    path = tmp_path / SETTINGS
    path.write_text("# mine\ninterval = 900\nlanguage = fr\n")
    path.chmod(0o600)
    assert run(agent, "install", "--root", tmp_path).returncode == failures.OK
    assert path.read_text() == "# mine\ninterval = 900\nlanguage = fr\n"
    run(agent, "install", "--root", tmp_path, "--interval", "60", "--proxy", "http://u:p@proxy:3128")
    assert path.read_text() == "# mine\nlanguage = fr\ninterval = 60\nproxy = http://u:p@proxy:3128\n"


def test_a_system_without_either_is_told_what_to_do(agent: Path, tmp_path: Path) -> None:
    done = run(agent, "install", "--root", tmp_path)
    assert done.returncode == failures.USAGE
    assert "send --due every minute" in done.stderr
    assert files(tmp_path) == {}


def test_a_wrong_value_goes_into_no_file(agent: Path, root: Path) -> None:
    done = run(agent, "install", "--root", root, "--engine", "foo")
    assert done.returncode == failures.USAGE
    assert "an engine is named unix:///PATH" in done.stderr
    assert not (root / SETTINGS).exists()


def test_an_enrolment_does_not_go_into_an_image(agent: Path, root: Path) -> None:
    assert run(agent, "install", "--root", root, "--enrol", "https://x", "--key", "k").returncode == failures.USAGE
    assert files(root) == {}


def test_only_what_the_agent_made_is_removed(agent: Path, tmp_path: Path) -> None:
    state = tmp_path / "var/lib/posture-agent"
    for name in (
        "scans/web.json",
        "spool/refused/x",
        "spool/1",
        "enrolment.json",
        "host.key",
        "ca.pem",
        "lock",
        "notes",
    ):
        (state / name).parent.mkdir(parents=True, exist_ok=True)
        (state / name).touch()
    (tmp_path / "etc/cron.d").mkdir(parents=True)
    run(agent, "install", "--root", tmp_path)
    assert run(agent, "uninstall", "--root", tmp_path, "--keep-state").returncode == failures.OK
    assert (state / "enrolment.json").exists()
    done = run(agent, "uninstall", "--root", tmp_path)
    assert files(state).keys() == {"scans/web.json", "notes"}
    assert "left, because the agent did not make it: notes, scans" in done.stdout


def test_the_units_are_those_of_the_sources(agent: Path, tmp_path: Path) -> None:
    (tmp_path / "lib/systemd").mkdir(parents=True)
    (tmp_path / "lib/systemd/systemd").touch()
    run(agent, "install", "--root", tmp_path)
    for name in ("posture-agent.service", "posture-agent.timer"):
        assert (tmp_path / "etc/systemd/system" / name).read_bytes() == (SOURCES / "systemd" / name).read_bytes()


def test_cron_takes_the_file(agent: Path, tmp_path: Path) -> None:
    require("cron", shutil.which("crontab") is not None)
    (tmp_path / "etc/cron.d").mkdir(parents=True)
    run(agent, "install", "--root", tmp_path)
    path = tmp_path / CRON
    assert stat.S_IMODE(path.stat().st_mode) == 0o644, "cron passes over files that others may write"
    assert re.fullmatch(r"[A-Za-z0-9_-]+", path.name), "cron passes over other names"
    # crontab checks tables of users, which do not name an account.
    for table, right in ((path.read_text(), True), (path.read_text().replace("* * * * *", "* * * 13 *"), False)):
        (tmp_path / "table").write_text(re.sub(r"(?m)^(\S+ \S+ \S+ \S+ \S+) root ", r"\1 ", table))
        checked = subprocess.run(["crontab", "-n", tmp_path / "table"], capture_output=True, text=True, timeout=30)
        assert (checked.returncode == 0) is right, checked.stderr
    line = next(line for line in path.read_text().splitlines() if line.startswith("* * * * * root "))
    assert "%" not in line, "cron would end the command there"
    assert subprocess.run(["sh", "-n", "-c", line.partition(" root ")[2]]).returncode == 0


def test_programs_are_those_of_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "systemctl").write_text("#!/bin/sh\n")
    (tmp_path / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not (programs.found("systemctl") or "/").startswith(str(tmp_path))
