"""Proof that what says it is an installation has that installation's key: asked for where no message carries it."""

import hashlib
import hmac
import secrets

from posture.fleet.models import Installation
from posture.fleet.services.credentials import PURPOSE
from posture.fleet.services.sealing import unseal

NONCE_BYTES = 32
MOST_PROOFS = 2  # an agent that is given new credentials has two keys


def make_nonce() -> str:
    """What a proof is asked for, good for once."""
    return secrets.token_hex(NONCE_BYTES)


def is_proven(*, installation: Installation, nonce: str, proofs: list[str]) -> bool:
    """Whether one of these was made with a key of the installation's for this nonce. Raises Unsealable."""
    text = f"proof\n{installation.pk}\n{nonce}".encode()
    keys = [
        unseal(bytes(sealed), purpose=PURPOSE)
        for sealed in (installation.key_sealed, installation.next_key_sealed)
        if sealed
    ]
    wanted = [hmac.new(key, text, hashlib.sha256).hexdigest().encode() for key in keys]
    return any(hmac.compare_digest(one, said.encode()) for one in wanted for said in proofs[:MOST_PROOFS])
