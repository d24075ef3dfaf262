"""Token and key of an installation: made together, replaced together, never seen apart.

The key authenticates messages (HMAC-SHA-256) and therefore has to be known: it is kept sealed, the token as a SHA-256.
"""

import base64
import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from uuid import UUID

from django.db import connection
from django.db.models import F

from posture.fleet.models import Installation
from posture.fleet.services.refusals import Forged, UnknownToken
from posture.fleet.services.sealing import seal, unseal
from posture.fleet.services.tokens import digest_of, make_secret

PREFIX = "pat_"
PURPOSE = "agent key"
KEY_BYTES = 32
MOST_KNOWN = 20_000  # keys that a process keeps at hand
READ = """
SELECT id, key_sealed FROM fleet_installation WHERE token_digest = %(token)s AND revoked_at IS NULL
UNION ALL
SELECT id, next_key_sealed FROM fleet_installation WHERE next_token_digest = %(token)s AND revoked_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose a token is, and the key that belongs to it."""

    installation: UUID
    key: bytes


# A key belongs to its token for good: both are replaced together. An entry cannot become wrong, only useless:
# whether the token still holds is asked in the statement that takes the message.
_known: "OrderedDict[str, Sender]" = OrderedDict()
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Credential:
    """A fresh token with its key; shown once."""

    token: str
    key: bytes

    @property
    def key_text(self) -> str:
        """The key as it travels."""
        return base64.b64encode(self.key).decode()

    @property
    def token_digest(self) -> str:
        return digest_of(self.token)

    @property
    def key_sealed(self) -> bytes:
        return seal(self.key, purpose=PURPOSE)


def make_credential() -> Credential:
    return Credential(token=make_secret(PREFIX), key=secrets.token_bytes(KEY_BYTES))


def is_met(*, token: str) -> bool:
    """Whether ``sender_of`` knows the token without a statement."""
    return digest_of(token) in _known


def sender_of(*, token: str) -> Sender:
    """Whose a token is; at most one statement, mostly none. Raises UnknownToken, Unsealable."""
    digest = digest_of(token)
    with _lock:
        found = _known.get(digest)
        if found is not None:
            _known.move_to_end(digest)
            return found
    with connection.cursor() as cursor:
        cursor.execute(READ, {"token": digest})
        row = cursor.fetchone()
    if row is None or not row[1]:
        raise UnknownToken("This token is not known, or it was revoked.")
    found = Sender(row[0], unseal(row[1], purpose=PURPOSE))
    with _lock:
        _known[digest] = found
        while len(_known) > MOST_KNOWN:
            _known.popitem(last=False)
    return found


def forget(*, token: str) -> None:
    """Meet this token anew: it does not hold any more, and whoever keeps it must not pass for the installation."""
    with _lock:
        _known.pop(digest_of(token), None)


def mac_of(*, key: bytes, path: str, body: bytes) -> str:
    """What a message is authenticated by: HMAC-SHA-256 over path and body as sent, in hexadecimal."""
    return hmac.new(key, path.encode() + b"\n" + body, hashlib.sha256).hexdigest()


def is_genuine(*, key: bytes, path: str, body: bytes, mac: str) -> bool:
    """Whether a message was made with this key."""
    return hmac.compare_digest(mac_of(key=key, path=path, body=body).encode(), mac.strip().lower().encode())


def note_forgery(*, token: str, now: datetime) -> Forged:
    """Count a message with this token and without its key; gives the refusal to raise. Raises UnknownToken."""
    digest = digest_of(token)
    known = Installation.objects.filter(revoked_at=None)
    seen = known.filter(token_digest=digest) | known.filter(next_token_digest=digest)
    if not seen.update(forged=F("forged") + 1, forged_at=now):
        raise UnknownToken("This token is not known, or it was revoked.")
    return Forged("The message does not have the authentication of this installation's key.")
