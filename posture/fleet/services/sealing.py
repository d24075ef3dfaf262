"""Secrets that this server has to know again are kept encrypted: keys of agents' messages, SSH keys, TLS keys.

Encrypted and authenticated by Fernet, under a key made of ``POSTURE_ENCRYPTION_KEY`` (else of the secret key) and of
the purpose, so that what was sealed for one use does not open for another.
"""

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unsealable(Exception):
    """What was kept does not open with the keys of today: POSTURE_ENCRYPTION_KEY was changed."""


def seal(secret: bytes, *, purpose: str) -> bytes:
    """Encrypt; ``purpose``: what it is for, a fixed word."""
    return box(tuple(settings.ENCRYPTION_KEYS), purpose).encrypt(secret)


def unseal(sealed: bytes, *, purpose: str) -> bytes:
    """Decrypt with the newest key or an older one; raises Unsealable."""
    try:
        return box(tuple(settings.ENCRYPTION_KEYS), purpose).decrypt(bytes(sealed))
    except InvalidToken as error:
        raise Unsealable(f"A kept {purpose} cannot be opened: was POSTURE_ENCRYPTION_KEY changed?") from error


@cache
def box(keys: tuple[str, ...], purpose: str) -> MultiFernet:
    """The newest key encrypts; all decrypt."""
    return MultiFernet([Fernet(derived(key, purpose)) for key in keys])


def derived(key: str, purpose: str) -> bytes:
    """A Fernet key of a long secret and a purpose."""
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"posture " + purpose.encode())
    return base64.urlsafe_b64encode(kdf.derive(key.encode()))
