"""Puts garbage in the place of every value, one after the other, and tells what passes that did not pass before.

``python -m posture.tests.proofs.garbage [RECORDING…]`` takes every value of these recordings (default: all); the exit
status is 1 when something passes where ``legitimate.py`` has no reason why garbage is as good as any other value there.
"""

import sys
from collections.abc import Iterator
from typing import Any

import msgspec

from posture.facts.wire.snapshot import Facts
from posture.tests.proofs.judged import Standing, normalised, standing
from posture.tests.proofs.legitimate import is_legitimate
from posture.tests.proofs.nodes import Path, leaves, mappings, optional, pattern, put, without
from posture.tests.proofs.recordings import recordings

# What no engine writes. Emptiness, null, either flag and any number that may count are real answers, never garbage.
TEXTS = (" ", "\u202etxt.exe", "\u0000", "ﬃ💥" * 30, "-", "none of your business", "0x1F", "A" * 256, "\n\t\x7f")
NUMBERS = (-1, -(2**63))
DEEP: Any = []
for _level in range(200):
    DEEP = [DEEP]
# What may stand there on the wire: refused, or judged without a failure of ours.
ANYTHING: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**63 - 1, 10**40, 1.5, float("inf"), "", "x", [], {}, [None]),
    *(["x"] * 5000, {"x": {"y": "z"}}, DEEP, "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace")),
)
Found = tuple[str, str]  # pattern of the place, check


def garbage_for(value: Any) -> tuple[Any, ...]:
    """Values of the same type that no engine writes."""
    if isinstance(value, str):
        return TEXTS
    return NUMBERS if isinstance(value, int) and not isinstance(value, bool) else ()


def decoded(plain: Any) -> Facts | None:
    """As the door decodes it: None where it refuses."""
    try:
        return msgspec.json.decode(msgspec.json.encode(plain), type=Facts)
    except (msgspec.ValidationError, msgspec.EncodeError, RecursionError):
        return None


def newly_passing(before: Standing, after: Standing) -> Iterator[str]:
    """Checks that were bad about a resource that is still there and now pass on it."""
    gone = before.bad - after.bad
    if gone:
        passing = passing_checks(after)
        yield from sorted({check for check, key in gone if (check, key) in passing})


def passing_checks(found: Standing) -> set[tuple[str, str]]:
    """What passes, by check and resource."""
    return {(one.check, one.resource.key) for one in found.everything() if one.status == "pass"}


class Trial:
    """One recording, with garbage in one place at a time. ``refused`` and ``judged`` count what became of it."""

    def __init__(self, facts: Facts) -> None:
        self.plain = msgspec.to_builtins(facts)
        self.named = mappings(facts)
        self.optional = frozenset(optional(facts))
        self.before = standing(normalised(facts))
        self.blind: dict[Path, Standing] = {}  # without a key that the agent may leave out
        self.refused = self.judged = 0

    def patterns(self) -> set[str]:
        """Every kind of place that the recording has."""
        return {pattern(path, self.named) for path, _ in leaves(self.plain)}

    def put(self, path: Path, value: Any) -> Standing | None:
        """What the recording says with this value there; None where the door refuses it."""
        facts = decoded(put(self.plain, path, value))
        if facts is None:
            self.refused += 1
            return None
        self.judged += 1
        return standing(normalised(facts))

    def passes(self, path: Path, value: Any) -> Iterator[Found]:
        """Where which check passes with this garbage there, which did not pass with the recorded value, or would not
        if the agent had seen nothing there."""
        after = self.put(path, value)
        if after is None:
            return
        found = {*newly_passing(self.before, after)}
        if path in self.optional:
            found |= {*newly_passing(self.without(path), after)}
        yield from ((pattern(path, self.named), check) for check in sorted(found))

    def without(self, path: Path) -> Standing:
        """The recording without this key."""
        if path not in self.blind:
            self.blind[path] = standing(normalised(msgspec.convert(without(self.plain, path), Facts)))
        return self.blind[path]


def main(names: list[str]) -> int:
    """Every value of the recordings of these names."""
    wrong: set[tuple[Found, str]] = set()
    for name in names or recordings():
        trial = Trial(recordings()[name])
        for path, old in leaves(trial.plain):
            for value in garbage_for(old):
                found = [one for one in trial.passes(path, value) if not is_legitimate(*one)]
                wrong |= {(one, f"{value!r:.60}") for one in found}
            for value in ANYTHING:
                trial.put(path, value)
        print(f"{name}: {trial.refused} refused, {trial.judged} judged")
    for (place, check), value in sorted(wrong):
        print(f"{place}: {check} passes with {value}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
