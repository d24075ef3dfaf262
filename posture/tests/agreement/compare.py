"""Both answers side by side: agree, Posture right (with the reading that shows it), or unexplained."""

from collections.abc import Iterable, Mapping, Sequence
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
    """One control in one scene; ``subject`` is a container or image when that one was looked at alone.

    ``said`` is "" when the other tool was not asked, "nothing" when it was silent. ``proof`` quotes the reading that
    decided, where the two differ.
    """

    scene: str
    subject: str
    number: str
    said: str
    ours: str
    outcome: str
    proof: str


def compare(
    place: tuple[str, str],
    numbers: Sequence[str],
    assessed: Assessed,
    said: Mapping[str, Said] | None,
    readings: Readings,
) -> Iterable[Compared]:
    """Controls whose numbers start so; ``place``: scene and subject.

    Without the other tool, every control that has an oracle is held against it.
    """
    for control in assessed.controls():
        number, ours = control.control.number, control.status.value
        if not f"{number}.".startswith(tuple(f"{start.rstrip('.')}." for start in numbers)):
            continue
        tag = "" if said is None else said[number].tag if number in said else "nothing"
        if ours in MEANING.get(tag, frozenset()):
            yield Compared(*place, number, tag, ours, AGREE, "")
            continue
        oracle = ORACLES.get(number)
        if oracle is None:
            if said is not None:
                yield Compared(*place, number, tag, ours, UNEXPLAINED, "")
            continue
        truth, proof = oracle(readings)
        yield Compared(*place, number, tag, ours, RIGHT if truth == ours else UNEXPLAINED, f"{truth}: {proof}")
