"""The fixes of file rules, typed as they are written into a machine on which every file is careless."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from posture.evaluation.rule import Via
from posture.facts.resource import Resource
from posture.remediation.plan import fix
from posture.rules.tests.judged_files import RULES, file_resources, judged, ordinary_engine
from posture.rules.tests.private_host import PrivateHost, audit_available, available
from posture.tests.auditing import OFF, ON, auditing, switch, turn
from posture.tests.requirements import require

PYTHON = sys.executable
ENGINES: Sequence[dict[str, Any]] = [ordinary_engine(Endpoint="unix:///run/docker.sock")]
CARELESS = """
umask 0
mkdir --parents /etc/docker/certs.d/registry.example.org /etc/default /etc/sysconfig /etc/containerd
mkdir --parents /etc/systemd/system /run/containerd /var/lib/docker
getent group docker || groupadd --system docker
files="/etc/systemd/system/docker.service /etc/systemd/system/docker.socket /etc/default/docker /etc/sysconfig/docker
/etc/docker/daemon.json /etc/docker/ca.pem /etc/docker/cert.pem /etc/docker/key.pem /etc/containerd/config.toml
/etc/docker/certs.d/registry.example.org/ca.crt /etc/docker/certs.d/registry.example.org/client.key"
rm --force $files
touch $files
for name in docker dockerd containerd containerd-shim containerd-shim-runc-v1 containerd-shim-runc-v2 runc; do
    test -e /usr/bin/$name || touch /usr/bin/$name
done
"$1" -c 'import os, stat
for path in "/run/docker.sock", "/run/containerd/containerd.sock":
    os.mknod(path, stat.S_IFSOCK | 0o777)'
chown 1000:1000 $files /etc/docker /run/docker.sock /run/containerd/containerd.sock
chmod 0777 $files /etc/docker /run/docker.sock /run/containerd/containerd.sock
"""
NEXT_BOOT = """
rm --recursive --force /run/*
systemd-tmpfiles --create /etc/tmpfiles.d/containerd-audit.conf
augenrules --load
mkdir --parents /run/containerd
"$1" -c 'import os, stat
for path in "/run/docker.sock", "/run/containerd/containerd.sock":
    os.mknod(path, stat.S_IFSOCK | 0o660)'
"""
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
STATE = ("file-audit-containerd-state", "/run/containerd")
SOCKET = ("file-audit-containerd-socket", CONTAINERD_SOCKET)
CONTAINERD = ("file-audit-containerd", "/usr/bin/containerd")
CONFIGURATION = ("file-audit-config-directory", "/etc/docker")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[PrivateHost]:
    require("root, unshare and nsenter", available())
    with PrivateHost(tmp_path) as one:
        one.run(CARELESS, PYTHON)
        yield one


@pytest.fixture
def audited(tmp_path: Path) -> Iterator[PrivateHost]:
    require("root, unshare and nsenter", available())
    require("a kernel that takes audit rules, and auditctl", audit_available())
    with auditing(), PrivateHost(tmp_path, audited=True) as one:
        one.run(CARELESS, PYTHON)
        yield one
    assert one.loaded() == []


def seen(place: PrivateHost) -> tuple[Resource, ...]:
    files, rules = place.collect(ENGINES)
    return file_resources(files, ENGINES, rules)


def type_fixes(place: PrivateHost, rules: str) -> None:
    """Every host step of these rules' fixes, on every file they judge."""
    for resource in seen(place):
        for rule in RULES.values():
            if resource.purpose in rule.purposes and rule.id.startswith("file-audit-") == (rules == "audit"):
                steps = fix(rule, resource, {"engine.Kind": "docker"}).steps
                place.run(next(step.text for step in steps if step.via is Via.HOST))


def statuses(place: PrivateHost, rules: str) -> dict[tuple[str, str], str]:
    found = judged(seen(place))
    return {key: status for key, status in found.items() if key[0].startswith("file-audit-") == (rules == "audit")}


def test_owners_and_modes(place: PrivateHost) -> None:
    before = statuses(place, "owner and mode")
    assert {rule for rule, _ in before} == {rule for rule in RULES if not rule.startswith("file-audit-")}
    assert set(before.values()) == {"fail"}
    type_fixes(place, "owner and mode")
    after = statuses(place, "owner and mode")
    assert set(after) >= set(before)  # the fixes bring drop-ins, which are files too
    assert set(after.values()) == {"pass"}
    drop_in = place.run("cat /etc/systemd/system/docker.socket.d/*.conf").stdout
    assert drop_in == "[Socket]\nSocketMode=0660\n[Socket]\nSocketUser=root\nSocketGroup=docker\n"


def test_one_audit_rule_satisfies_one_check(audited: PrivateHost) -> None:
    before = statuses(audited, "audit")
    assert {rule for rule, _ in before} == {rule for rule in RULES if rule.startswith("file-audit-")}
    assert set(before.values()) == {"fail"}
    audited.run(f"auditctl -w {CONTAINERD_SOCKET} -p wa -k docker")
    audited.run("auditctl -w /usr/bin/containerd-shim -p wa -k docker")
    audited.run("auditctl -w /etc/docker/daemon.json -p wa -k docker")
    found = statuses(audited, "audit")
    assert found[SOCKET] == "pass"
    assert (found[STATE], found[CONTAINERD], found[CONFIGURATION]) == ("fail", "fail", "fail")
    assert sum(status == "pass" for status in found.values()) == 3


def test_a_rule_on_a_parent_covers_what_is_below(audited: PrivateHost) -> None:
    audited.run("auditctl -w /run/containerd -p wa -k docker")
    found = statuses(audited, "audit")
    assert (found[STATE], found[SOCKET]) == ("pass", "pass")
    assert sum(status == "pass" for status in found.values()) == 2


def test_rules_record_nothing_while_auditing_is_off(audited: PrivateHost) -> None:
    audited.run("auditctl -w /run/containerd -p wa -k docker")
    found = {}
    for wanted in (ON, OFF):
        turn(wanted)
        found[wanted] = statuses(audited, "audit")[STATE]
    assert found == {ON: "pass", OFF: "fail"}


@pytest.mark.parametrize("permissions", ["r", "w", "a", "x", "rx"])
def test_a_rule_that_misses_writes_or_attributes_does_not_count(audited: PrivateHost, permissions: str) -> None:
    audited.run(f"auditctl -w /run/containerd -p {permissions} -k docker")
    assert statuses(audited, "audit")[STATE] == "fail"


@pytest.mark.long
def test_audit_fixes_hold_now_and_after_a_restart(audited: PrivateHost) -> None:
    require("systemd-tmpfiles", shutil.which("systemd-tmpfiles") is not None)
    turn(OFF)
    type_fixes(audited, "audit")
    assert switch() == ON
    type_fixes(audited, "audit")  # typed twice, they stand in the file once
    assert set(statuses(audited, "audit").values()) == {"pass"}
    written = audited.run("cat /etc/audit/rules.d/50-docker.rules").stdout.splitlines()
    assert len(written) == len(set(written)) == len([rule for rule in RULES if rule.startswith("file-audit-")])
    audited.unload()
    audited.run(NEXT_BOOT, PYTHON)
    assert set(statuses(audited, "audit").values()) == {"pass"}
