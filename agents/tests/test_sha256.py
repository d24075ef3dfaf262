"""The agent's digests are those of everybody else."""

import hashlib
import hmac

import pytest

from agents.posture_agent import sha256 as module


@pytest.mark.parametrize("data", [b"", b"a", b"x" * 1_000_003])
def test_digests_agree_with_hashlib(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert module.sha256(data).hexdigest() == hashlib.sha256(data).hexdigest()
    for key in (b"", b"k" * 32, b"k" * 64):
        assert module.keyed(key, data) == hmac.new(key, data, hashlib.sha256).hexdigest()
    with pytest.raises(ValueError, match="64"):
        module.keyed(b"k" * 65, data)
    monkeypatch.setattr(module, "MODULES", ("_no_such_module", "json", "hashlib"))
    assert module.algorithm() is hashlib.sha256


def test_a_python_without_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MODULES", ("_no_such_module",))
    with pytest.raises(ImportError, match="SHA-256"):
        module.algorithm()
