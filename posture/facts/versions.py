"""Versions of engines and kernels: only their leading dotted number is compared."""

import re

_NUMBER = re.compile(r"v?([0-9]{1,9}(?:\.[0-9]{1,9}){0,5})", re.ASCII)


def parse_version(text: str) -> tuple[int, ...] | None:
    """ "20.10.24+dfsg1" → (20, 10, 24); trailing zeros are dropped so that 24.0 equals 24; None without a number."""
    found = _NUMBER.match(text.strip())
    if found is None:
        return None
    parts = [int(part) for part in found[1].split(".")]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return tuple(parts)
