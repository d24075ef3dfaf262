"""The head of an HTTP/1.1 answer, strictly read (RFC 9112), and what may be wrong with an answer."""

from __future__ import annotations

import re

MAX_HEAD = 32 * 1024  # bytes of a status line with its headers, and of the trailers of a chunked body
MAX_FIELDS = 100

STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: [\t\x20-\x7e\x80-\xff]*)?")
NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")


class BadAnswer(OSError):
    """The peer does not speak HTTP as it should."""


class CutShort(BadAnswer):
    """The peer closed the connection in the middle of its answer."""


class Vanished(CutShort):
    """The peer closed the connection before the first byte of its answer."""


class TooLarge(BadAnswer):
    """The peer sent more than is wanted."""


def parsed_head(head: bytes) -> tuple[int, int, dict[str, str]]:
    """(minor version, status, headers by their names in lower case) of an answer's head."""
    first, *lines = head.split(b"\r\n")
    found = STATUS.fullmatch(first)
    if found is None:
        raise BadAnswer("the peer does not speak HTTP")
    return int(found.group(1)), int(found.group(2)), parsed_fields(lines)


def parsed_fields(lines: list[bytes]) -> dict[str, str]:
    """Headers or trailers; a header that comes twice is joined, but for those that say where a body ends."""
    if len(lines) > MAX_FIELDS:
        raise TooLarge("the peer's answer has more than %d headers" % MAX_FIELDS)
    fields: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not NAME.fullmatch(name) or not VALUE.fullmatch(value):
            raise BadAnswer("the peer's answer has a header that is none")
        key, text = name.decode("ascii").lower(), value.strip(b" \t").decode("latin-1")
        if key in fields and key in ("content-length", "transfer-encoding"):
            raise BadAnswer("the peer's answer has two lengths")
        fields[key] = fields[key] + ", " + text if key in fields else text
    return fields
