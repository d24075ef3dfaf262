"""Both answers side by side: agree, Posture right (with the reading that shows it), or unexplained."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from posture.evaluation.assessed import Assessed
from posture.tests.agreement.oracles import ORACLES
from posture.tests.agreement.other import Said
from posture.tests.agreement.readings import Readings

AGREE, RIGHT, UNEXPLAINED = "agree", "Posture right", "unexplained"
# What each of its words says, in ours. INFO is printed for what is not there and for what is not judged alike.
MEANING: Mapping[str, frozenset[str]] = {
    "PASS": frozenset({"pass"}),
    "WARN": frozenset({"fail"}),
    "NOTE": frozenset({"manual"}),
    "INFO": frozenset({"not_applicable", "manual"}),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One control. ``proof`` quotes the reading that decided, where the two differ."""

    number: str
    said: str
    ours: str
    outcome: str
    proof: str


def compare(assessed: Assessed, said: Mapping[str, Said], readings: Readings) -> Iterable[Compared]:
    """Every control of the edition. Without the other tool, every control that has an oracle is held against it."""
    for control in assessed.controls():
        number, ours = control.control.number, control.status.value
        tag = said[number].tag if number in said else ""
        if tag and ours in MEANING.get(tag, frozenset()):
            yield Compared(number, tag, ours, AGREE, "")
            continue
        oracle = ORACLES.get(number)
        if oracle is None:
            if said:
                yield Compared(number, tag or "nothing", ours, UNEXPLAINED, "")
            continue
        truth, proof = oracle(readings)
        yield Compared(number, tag or "nothing", ours, RIGHT if truth == ours else UNEXPLAINED, f"{truth}: {proof}")
