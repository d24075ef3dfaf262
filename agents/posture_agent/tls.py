"""TLS over a connected socket. Loaded by ``encryption`` alone, and only where a connection is encrypted."""

from __future__ import annotations

import os
import ssl

from .dial import Untrusted, wire_name
from .http1 import left

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Optional

    from .reading import Deadline


# By OpenSSL's number, in English as facts are; the versions of OpenSSL say the same in different words.
UNKNOWN, OTHER = "its authority is not known here", "it is for another name"
UNTRUSTED = {
    **dict.fromkeys((2, 18, 19, 20, 21, 27), UNKNOWN),
    **dict.fromkeys((62, 64), OTHER),
    9: "it is not valid yet",
    10: "it has expired",
    23: "it was revoked",
}


def trusting(ca: Optional[str]) -> ssl.SSLContext:
    """See ``encryption.trusting``."""
    context = ssl.create_default_context(cafile=ca, capath=None if ca else hashed_authorities())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def hashed_authorities() -> Optional[str]:
    """The system's folder of authorities by the hash of their names; None where there is none, or another is set.

    From there OpenSSL loads the one that it needs; all of them, from the system's one large file, take 1.2 MB.
    """
    found = ssl.get_default_verify_paths()
    if found.openssl_cafile_env in os.environ or not found.capath:
        return None
    try:
        return found.capath if any(name.endswith(".0") for name in os.listdir(found.capath)) else None
    except OSError:
        return None


def unverified() -> ssl.SSLContext:
    """See ``encryption.unverified``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def encrypted(plain: socket.socket, context: ssl.SSLContext, host: str, deadline: Deadline) -> ssl.SSLSocket:
    """See ``encryption.encrypted``."""
    try:
        plain.settimeout(left(deadline))
        return context.wrap_socket(plain, server_hostname=wire_name(host))
    except ssl.SSLCertVerificationError as error:
        plain.close()
        told = str(getattr(error, "verify_message", "")) or "verification failed"
        raise Untrusted(UNTRUSTED.get(getattr(error, "verify_code", 0), told)) from None
    except BaseException:  # a signal may end the service right here
        plain.close()
        raise
