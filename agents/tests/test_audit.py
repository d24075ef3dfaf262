"""Audit rules are read from the kernel and written as auditctl writes them."""

import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from agents.posture_agent.collectors import audit
from agents.posture_agent.reading import Unreadable
from posture.tests import auditing
from posture.tests.requirements import require

EQUAL = 0x40000000


def rule(
    fields: list[tuple[int, int, str]], flags: int = 4, action: int = 2, calls: tuple[int, ...] | None = None
) -> bytes:
    """A struct audit_rule_data as the kernel sends it."""
    mask = [0xFFFFFFFF] * 64 if calls is None else [0] * 64
    for call in calls or ():
        mask[call // 32] |= 1 << call % 32
    text = b"".join(word.encode() for _, _, word in fields)
    values = [len(word.encode()) if word else value for _, value, word in fields]
    spare = [0] * (64 - len(fields))
    head = struct.pack("=III", flags, action, len(fields))
    body = [*mask, *(code for code, _, _ in fields), *spare, *values, *spare, *[EQUAL] * len(fields), *spare, len(text)]
    return head + struct.pack("=257I", *body) + text


@pytest.mark.parametrize(
    ("payload", "wanted"),
    [
        (rule([(105, 0, "/etc/x"), (106, 10, ""), (210, 0, "k")]), "-w /etc/x -p wa -k k"),
        (rule([(107, 0, "/etc/docker"), (106, 15, "")]), "-w /etc/docker/ -p rwxa"),
        (
            rule([(11, 3221225534, ""), (107, 0, "/d"), (106, 2, "")], calls=(2, 59)),
            "-a always,exit -S 2,59 -F arch=3221225534 -F dir=/d -F perm=w",
        ),
        (rule([(9, 1000, "")], action=0, flags=5), "-a never,exclude -F auid=1000"),
    ],
)
def test_rules_are_written_like_auditctl(payload: bytes, wanted: str) -> None:
    assert audit.written(payload) == wanted


@pytest.mark.parametrize(("number", "reason"), [(1, "not_permitted"), (111, "not_permitted"), (22, "source_failed")])
def test_refusals_have_their_reason(number: int, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        audit.refuse(number)
    assert caught.value.reason == reason


@pytest.mark.parametrize(("enabled", "wanted"), [(0, ["-e 0"]), (1, []), (2, [])])
def test_the_switch_is_written_where_it_is_off(enabled: int, wanted: list[str]) -> None:
    status = struct.pack("=10I", 0, enabled, 1, 0, 0, 64, 0, 0, 0, 15000)
    assert audit.switch(status) == wanted


@pytest.mark.parametrize("status", [b"", b"\0" * 7])
def test_a_malformed_status_is_no_switch(status: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        audit.switch(status)
    assert caught.value.reason == "source_failed"


def test_the_kernels_switch_goes_in_front_of_its_rules(tmp_path: Path) -> None:
    require("auditctl, root and audit rules that are not locked", auditing.available())
    watch = ["-w", str(tmp_path / "file"), "-p", "wa"]
    told = {}
    with auditing.alone():
        before = auditing.switch()
        for wanted in (auditing.ON, auditing.OFF):
            with auditing.turned(wanted):
                try:
                    subprocess.run(["auditctl", *watch], check=True, capture_output=True)
                    told[wanted] = audit.collect()
                finally:
                    subprocess.run(["auditctl", "-W", *watch[1:]], check=False, capture_output=True)
            assert auditing.switch() == before
    assert "-e 0" not in told[auditing.ON]
    assert told[auditing.OFF][0] == "-e 0"
    assert " ".join(watch) in told[auditing.ON]
    assert " ".join(watch) in told[auditing.OFF]


def test_the_kernels_rules_are_those_auditctl_lists(tmp_path: Path) -> None:
    require("auditctl and root", shutil.which("auditctl") is not None and os.geteuid() == 0)
    folder, file = tmp_path / "folder", tmp_path / "file"
    folder.mkdir()
    file.touch()
    watches = [["-w", str(folder), "-p", "wa", "-k", "posture-test"], ["-w", str(file), "-p", "r"]]
    try:
        for watch in watches:
            subprocess.run(["auditctl", *watch], check=True, capture_output=True)
        listed = subprocess.run(["auditctl", "-l"], check=True, capture_output=True, text=True).stdout.splitlines()
        ours = [line for line in audit.collect() if str(tmp_path) in line]
        assert f"-w {folder}/ -p wa -k posture-test" in ours
        assert [line.replace("/ -p", " -p") for line in ours] == [line for line in listed if str(tmp_path) in line]
    finally:
        for watch in watches:  # audit rules belong to the whole kernel: leave none behind
            subprocess.run(["auditctl", "-W", *watch[1:]], check=False, capture_output=True)
    assert not [line for line in audit.collect() if str(tmp_path) in line]
