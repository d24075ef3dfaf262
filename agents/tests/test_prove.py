"""The proof that a server asks for over SSH."""

import base64
import hashlib
import hmac
import os
from pathlib import Path

import pytest

from agents.posture_agent import __main__ as command
from agents.posture_agent import failures
from agents.posture_agent.state import State

INSTALLATION = "0b9ac5a1-7f0e-4e63-9b0c-2b2ff1a0a001"
NONCE = "0123456789abcdef" * 4


def enrolled(folder: Path, **more: object) -> list[str]:
    """Options that name the state of an enrolled agent."""
    state = State(str(folder))
    state.prepare()
    state.save_enrolment(
        {"url": "https://x", "installation": INSTALLATION, "token": "t", "ca": False, "interval": 300, **more}
    )
    return ["--state", str(folder)]


def key_text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def proof(key: bytes) -> str:
    return hmac.new(key, f"proof\n{INSTALLATION}\n{NONCE}".encode(), hashlib.sha256).hexdigest()


def test_each_key_that_may_be_in_use_proves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = os.urandom(32), os.urandom(32)
    options = enrolled(tmp_path, key=key_text(old))
    assert command.main(["prove", NONCE, *options]) == failures.OK
    assert capsys.readouterr().out.split() == [proof(old)]
    enrolled(tmp_path, key=key_text(old), next={"token": "u", "key": key_text(new)})
    assert command.main(["prove", NONCE, *options]) == failures.OK
    assert capsys.readouterr().out.split() == [proof(old), proof(new)]
    enrolled(tmp_path, key=key_text(new), next=None)
    assert command.main(["prove", NONCE, *options]) == failures.OK
    assert capsys.readouterr().out.split() == [proof(new)]


@pytest.mark.parametrize("nonce", ["", "00", NONCE + "0", NONCE.upper(), "/api/v1/agent/hello\n{}".ljust(64)])
def test_nothing_else_is_signed(nonce: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = enrolled(tmp_path, key=key_text(os.urandom(32)))
    assert command.main(["prove", nonce, *options]) == failures.USAGE
    assert capsys.readouterr().out == ""


def test_who_is_nobody_proves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["prove", NONCE, "--state", str(tmp_path / "none")]) == failures.STATE
    assert command.main(["prove", NONCE, *enrolled(tmp_path / "old")]) == failures.STATE
    assert capsys.readouterr().out == ""
