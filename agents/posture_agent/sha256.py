"""SHA-256 and HMAC-SHA-256 without hashlib, which loads all of OpenSSL for them: 4 MB of memory."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _hashlib import HASH
    from typing import Callable

# CPython's own module, named so up to 3.11 and since 3.12; hashlib for a Python that was built without it.
MODULES = ("_sha256", "_sha2", "hashlib")
BLOCK = 64  # bytes


def algorithm() -> Callable[[bytes], HASH]:
    """The function from bytes to a hash object with ``digest`` and ``hexdigest``."""
    for name in MODULES:
        try:
            found: Callable[[bytes], HASH] = import_module(name).sha256
        except (ImportError, AttributeError):
            continue
        return found
    raise ImportError("this Python has no SHA-256")


sha256 = algorithm()


def keyed(key: bytes, data: bytes) -> str:
    """HMAC-SHA-256 in hex (RFC 2104); a key of at most 64 bytes."""
    if len(key) > BLOCK:
        raise ValueError("a key has at most %d bytes" % BLOCK)
    padded = key.ljust(BLOCK, b"\0")
    inner = sha256(bytes(byte ^ 0x36 for byte in padded) + data).digest()
    return sha256(bytes(byte ^ 0x5C for byte in padded) + inner).hexdigest()
