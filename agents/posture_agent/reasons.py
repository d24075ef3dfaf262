"""Why the system, the network or TLS did not do something, in few words of the spoken language."""

from __future__ import annotations

import errno

from .words import Said, known, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional


def words_of(error: BaseException) -> str:
    """What went wrong; the system's own words where it is nothing usual."""
    kind = type(error).__name__  # ssl and socket are loaded where they are needed alone
    if kind == "timeout" or isinstance(error, TimeoutError):
        return say("no answer in time")
    if kind == "gaierror":
        return say("the name is not known")
    if kind.startswith("SSL"):
        return of_tls(kind, str(getattr(error, "reason", None) or error))
    number = getattr(error, "errno", None)
    usual = None if number is None else of_system(number)
    if usual is None and getattr(error, "strerror", None):
        return str(getattr(error, "strerror", ""))
    if usual is None and len(error.args) == 1 and isinstance(error.args[0], Said):
        return error.args[0]
    return usual or known(str(error) or kind)


def of_system(number: int) -> Optional[str]:
    """An error of the system by its number; None for a rare one."""
    return {
        errno.ECONNREFUSED: say("connection refused"),
        errno.ETIMEDOUT: say("no answer in time"),
        errno.EHOSTUNREACH: say("no way leads there"),
        errno.ENETUNREACH: say("no way leads there"),
        errno.ECONNRESET: say("the connection was broken off"),
        errno.ECONNABORTED: say("the connection was broken off"),
        errno.EPIPE: say("the connection was broken off"),
        errno.ENOSPC: say("the disk is full"),
        errno.EDQUOT: say("the disk is full"),
        errno.EROFS: say("it is read-only"),
        errno.EIO: say("the device failed"),
        errno.EACCES: say("permission denied"),
        errno.EPERM: say("permission denied"),
        errno.ENOENT: say("not there"),
        errno.ENOTDIR: say("no directory"),
        errno.EISDIR: say("a directory"),
        errno.ENOMEM: say("not enough memory"),
        errno.EMFILE: say("too many open files"),
        errno.ENFILE: say("too many open files"),
    }.get(number)


def of_tls(kind: str, reason: str) -> str:
    """Why TLS did not begin, by OpenSSL's word for it."""
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"):
        return say("what answers speaks no TLS")
    if "PROTOCOL" in reason and ("UNSUPPORTED" in reason or "VERSION" in reason):
        return say("it speaks no TLS from 1.2 on")
    if kind in ("SSLEOFError", "SSLZeroReturnError") or "EOF" in reason:
        return say("the connection was broken off")
    if "CERTIFICATE" in reason and "ALERT" in reason:
        return say("it takes no connection without a certificate")
    if "HANDSHAKE_FAILURE" in reason or "NO_SHARED_CIPHER" in reason:
        return say("TLS found no way that both know")
    return say("TLS failed: %s", reason)
