"""The rights of the server's processes, as the kernel shows them."""

import os
import subprocess
from pathlib import Path

import pytest

from posture.launch.account import Account, barrier, own_account, server_account
from posture.tests.requirements import require

DAC_READ_SEARCH = 1 << 2


def status_of(account: Account) -> dict[str, str]:
    """/proc/self/status of a process that runs as this account."""
    words = account.command(["cat", "/proc/self/status"])
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return dict(line.split(":", 1) for line in text.splitlines())


@pytest.fixture
def account() -> Account:
    require("root, which alone can lower its rights", os.geteuid() == 0)
    return server_account(Path("/usr"))


def test_the_server_s_account_has_none_of_root_s_rights(account: Account) -> None:
    status = status_of(Account(account.name, account.uid, account.gid, changes=True))
    assert set(status["Uid"].split()) == {str(account.uid)}
    assert account.uid != 0
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Groups"].split() == []


def test_behind_a_closed_directory_it_keeps_one_right(account: Account, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    assert barrier(closed / "file", account.uid) in {closed, *tmp_path.parents, tmp_path}
    status = status_of(
        Account(account.name, account.uid, account.gid, changes=True, barred=closed, right="dac_read_search")
    )
    assert int(status["CapEff"], 16) == DAC_READ_SEARCH


def test_an_open_way_has_no_barrier() -> None:
    assert barrier(Path("/usr/bin/env"), 12345) is None


def test_one_s_own_account_changes_nothing() -> None:
    assert own_account().command(["id"]) == ["id"]
