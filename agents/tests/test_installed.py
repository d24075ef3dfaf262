"""One command on a host that systemd manages: let in, timer running, first snapshot sent; and away again."""

import json
import re
import sys
from pathlib import Path

import pytest

from agents.tests import private_systemd
from agents.tests.built import write_agent
from agents.tests.protocol_server import serving
from posture.tests.requirements import require

STEPS = """
exec >%(out)s/log 2>&1
agent="%(python)s %(agent)s"
noted() { echo "$1 $?" >>%(out)s/statuses; }
printf k3y | $agent install --enrol %(url)s --key - --engine unix:///none; noted install
$agent install --enrol %(url)s --key - >%(out)s/again; noted again
systemctl is-active posture-agent.timer; noted active
systemctl is-enabled posture-agent.timer; noted enabled
systemctl start posture-agent.service; noted service
posture-agent status --json >%(out)s/status; noted status
posture-agent doctor >%(out)s/doctor; noted doctor
posture-agent uninstall >%(out)s/uninstall; noted uninstall
systemctl is-active posture-agent.timer; noted inactive
find /etc /usr/local /var/lib -name 'posture-agent*' >%(out)s/left 2>/dev/null
touch %(out)s/done
"""


@pytest.mark.slow
def test_from_one_command_to_nothing_left(tmp_path: Path) -> None:
    require("systemd", private_systemd.available())
    agent = tmp_path / "posture-agent.pyz"
    write_agent(agent)
    with serving() as server:
        values = {"out": tmp_path, "python": sys.executable, "agent": agent, "url": server.url}
        (tmp_path / "steps.sh").write_text(STEPS % values)
        steps = f"[Service]\nType=oneshot\nExecStart=/bin/sh {tmp_path}/steps.sh\n[Unit]\nDefaultDependencies=no\n"
        private_systemd.run_units(tmp_path / "units", {"steps.service": steps}, tmp_path / "done")
        paths = server.paths()
        assert server.breaches == []
    log = (tmp_path / "log").read_text()
    statuses = dict(line.split() for line in (tmp_path / "statuses").read_text().splitlines())
    expected = dict.fromkeys(("install", "again", "active", "enabled", "service", "status", "uninstall"), "0")
    assert statuses == {**expected, "doctor": "1", "inactive": statuses["inactive"]}, log
    assert statuses["inactive"] != "0"
    assert paths[:3] == ["enrol", "check-in", "snapshots"], "the first snapshot goes before the timer begins"
    assert paths[3:] == ["hello"], "nothing was due when the service was started again"
    assert (tmp_path / "again").read_text() == "nothing to do: everything is in its place\n"
    status = json.loads((tmp_path / "status").read_text())
    assert (status["runs"]["by"], status["runs"]["active"], status["fine"]) == ("systemd", True, True)
    wrong = re.findall("(?m)^✗ (.*)$", (tmp_path / "doctor").read_text())
    assert wrong == ["the engine at unix:///none: not there"]
    assert (tmp_path / "left").read_text() == ""
