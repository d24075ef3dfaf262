"""Gzip, and snapshots that wait packed: what their sending adds is put in front without taking them apart."""

from __future__ import annotations

import zlib

from .storage import json_bytes
from .wire import pieces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

GZIP = 31  # window bits that make zlib write and read gzip
PIECE = 65536  # bytes unpacked at once


def compressed(data: bytes) -> bytes:
    """The data as gzip."""
    packer = zlib.compressobj(6, zlib.DEFLATED, GZIP)
    return packer.compress(data) + packer.flush()


def packed(snapshot: dict[str, Any]) -> bytes:
    """A snapshot as it waits. ``snapshot``: as ``wire.pieces`` takes it."""
    packer = zlib.compressobj(6, zlib.DEFLATED, GZIP)
    made = [packer.compress(piece) for piece in pieces(snapshot)]
    return b"".join(made) + packer.flush()


def with_words(waiting: bytes, words: dict[str, Any]) -> bytes:
    """What ``packed`` made, with more words in it, as it travels. Never holds more than a piece of it unpacked."""
    packer, unpacker = zlib.compressobj(6, zlib.DEFLATED, GZIP), zlib.decompressobj(GZIP)
    made = [packer.compress(json_bytes(words)[:-1] + b",")]
    piece = unpacker.decompress(waiting, PIECE)[1:]  # without the brace that opens it
    while piece or not unpacker.eof:
        made.append(packer.compress(piece))
        piece = unpacker.decompress(unpacker.unconsumed_tail, PIECE)
    return b"".join(made) + packer.flush()
