"""The real PostgreSQL and Valkey of the wheels, as root and as an ordinary user."""

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from posture.launch.account import Account, barrier, own_account
from posture.launch.places import CHECKOUT
from posture.launch.postgres import Postgres, require_same_version
from posture.launch.trouble import Trouble
from posture.tests.requirements import require

pytestmark = pytest.mark.long  # starts programs and waits for their end


def ordinary_user() -> Account:
    """The user `nobody`, with the right to pass the directories above interpreter and checkout where it needs it."""
    entry = pwd.getpwnam("nobody")
    barriers = [barrier(path, entry.pw_uid) for path in (CHECKOUT, Path(sys.base_prefix), Path(sys.prefix))]
    barred = next((path for path in barriers if path), None)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, changes=True, barred=barred, right="dac_read_search")


def start_and_end(var: Path, account: Account) -> dict[str, Any]:
    words = account.command([sys.executable, "-P", "-m", "posture.launch.tests.stores", str(var)])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(words, capture_output=True, text=True, timeout=90, env=environment, cwd="/")
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def require_kept(var: Path, account: Account) -> None:
    """Two starts: the data of the first is there in the second, which is fast."""
    first, second = start_and_end(var, account), start_and_end(var, account)
    assert (first["rows"], first["keys"]) == (1, 1)
    assert (second["rows"], second["keys"]) == (2, 2)
    assert second["seconds"] < 5
    assert second["owner"] != 0, "PostgreSQL never runs as root"
    assert not (var / "postgres" / "data" / "postmaster.pid").exists(), "it ended in an orderly way"


def test_data_is_kept_for_whoever_runs_the_tests(tmp_path: Path) -> None:
    require_kept(tmp_path / "var", own_account())
    for name in ("postgres/password", "valkey/password", "valkey/valkey.conf"):
        assert (tmp_path / "var" / name).stat().st_mode & 0o777 == 0o600


def test_data_is_kept_for_an_ordinary_user(tmp_path: Path) -> None:
    require("root, to become an ordinary user", os.geteuid() == 0)
    user = ordinary_user()
    for place in (tmp_path, *tmp_path.parents[:2]):
        place.chmod(0o711)
    home = tmp_path / "home"
    home.mkdir()
    user.own(home)
    require_kept(home / "var", user)
    assert (home / "var").stat().st_uid == user.uid


def test_data_of_another_major_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("9\n", encoding="ascii")
    with pytest.raises(Trouble, match="written by PostgreSQL 9"):
        require_same_version(tmp_path)


def test_a_wrong_password_is_no_answer(tmp_path: Path) -> None:
    server = Postgres(tmp_path, own_account(), 1)
    assert not server.answers()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(server.url)
