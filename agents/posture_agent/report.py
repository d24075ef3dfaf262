"""What one collection has to say, in the form that travels, and how that comes through a pipe."""

from __future__ import annotations

import json

from .wire import canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Union

DIGITS = 12  # of the length of a part, in front of all three


class Report:
    """``facts`` and ``volatile``: canonical JSON. ``measurements``: the mapping itself, which is small."""

    __slots__ = ("facts", "measurements", "volatile")

    def __init__(
        self, facts: Union[bytes, memoryview], volatile: Union[bytes, memoryview], measurements: dict[str, Any]
    ) -> None:
        self.facts = facts
        self.volatile = volatile
        self.measurements = measurements

    def pieces(self) -> list[Union[bytes, memoryview]]:
        """What ``report_in`` understands when it is put together."""
        parts = [self.facts, self.volatile, canonical(self.measurements)]
        return [b"".join(b"%0*d" % (DIGITS, len(part)) for part in parts), *parts]


def report_in(data: bytearray) -> Report:
    """The report whose pieces these are; it refers to ``data``. Raises ValueError where they are not whole."""
    view, start = memoryview(data), 3 * DIGITS
    parts = []
    for number in range(3):
        end = start + int(data[number * DIGITS : (number + 1) * DIGITS])
        parts.append(view[start:end])
        start = end
    if start != len(data):
        raise ValueError("not whole")
    facts, volatile, measurements = parts
    return Report(facts, volatile, json.loads(bytes(measurements).decode("utf-8")))
