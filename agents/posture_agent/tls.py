"""TLS over a connected socket. Loaded by ``encryption`` alone, and only where a connection is encrypted."""

from __future__ import annotations

import ssl

from .dial import Untrusted, wire_name
from .http1 import left

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Optional

    from .reading import Deadline


def trusting(ca: Optional[str]) -> ssl.SSLContext:
    """See ``encryption.trusting``."""
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


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
        raise Untrusted(getattr(error, "verify_message", "") or "verification failed") from None
    except BaseException:  # a signal may end the service right here
        plain.close()
        raise
