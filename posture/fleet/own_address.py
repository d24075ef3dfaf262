"""What this server says of itself to new hosts: its address, its authority, its agent."""

import hashlib
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings


def is_reachable_from_elsewhere() -> bool:
    """Whether the public address leads here from other machines too, and not to themselves."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    return not (host == "localhost" or host == "::1" or host.startswith("127."))


def agent_digest() -> str:
    """The hex SHA-256 of the agent that this server offers; empty while there is none."""
    path = Path(settings.AGENT_FILE)
    if not path.is_file():
        return ""
    return _digest(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _digest(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def authority_digest() -> str:
    """The hex SHA-256 of our own certificate authority in DER form; empty where the server has none of its own."""
    path = Path(settings.CA_FILE)
    # In production the file is empty where the operator brought a certificate that agents' systems trust.
    if not settings.CA_FILE or not path.stat().st_size:
        return ""
    return _authority(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _authority(path: Path, _changed: int) -> str:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
