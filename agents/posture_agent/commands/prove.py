"""``prove`` shows a server that is here over SSH that this is the installation which ``status`` names."""

from __future__ import annotations

from ..credentials import key_bytes
from ..failures import OK, UsageError
from ..log import show
from ..options import Given
from ..sha256 import keyed
from ..state import StateError
from ..words import say
from .place import state_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NONCE = 64  # hexadecimal digits


def run(given: Given) -> int:
    """Print a proof for each key that may be in use: while token and key are renewed there are two."""
    if len(given.nonce) != NONCE or not set(given.nonce) <= set("0123456789abcdef"):
        raise UsageError(say("a nonce has %d hexadecimal digits", NONCE))
    enrolment = state_of(given).enrolment()
    for pair in (enrolment, enrolment.get("next")):
        if pair is not None:
            show(proof(str(enrolment["installation"]), given.nonce, pair))
    return OK


def proof(installation: str, nonce: str, pair: dict[str, Any]) -> str:
    """HMAC-SHA-256 in hex. What is signed is no message: those begin with a path."""
    try:
        return keyed(key_bytes(pair.get("key")), ("proof\n%s\n%s" % (installation, nonce)).encode("ascii"))
    except ValueError:
        raise StateError(say("this host was enrolled before messages had keys: enrol it again")) from None
