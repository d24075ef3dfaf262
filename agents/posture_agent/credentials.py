"""What an installation proves itself with: the token, and the key of its messages."""

from __future__ import annotations

import binascii

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

KEY_BYTES = 32
MAX_TOKEN = 512


def is_token(value: Any) -> bool:
    """Whether a server's word can be a token: printable ASCII without spaces, for a header."""
    return isinstance(value, str) and 0 < len(value) <= MAX_TOKEN and all("!" <= letter <= "~" for letter in value)


def key_bytes(text: Any) -> bytes:
    """The key that a base64 text says; raises ValueError."""
    if not isinstance(text, str):
        raise ValueError("a key is a text")
    key = binascii.a2b_base64(text.encode("ascii"))
    if len(key) != KEY_BYTES:
        raise ValueError("a key has %d bytes" % KEY_BYTES)
    return key


def is_key(value: Any) -> bool:
    """Whether a server's word is a key."""
    try:
        return bool(key_bytes(value))
    except ValueError:
        return False
