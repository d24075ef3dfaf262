"""Reading the hand-written tables."""

from pathlib import Path

from posture.evaluation.verdict import Status

LETTERS = {
    "P": Status.PASS,
    "F": Status.FAIL,
    "U": Status.UNKNOWN,
    "M": Status.MANUAL,
    "N": Status.NOT_APPLICABLE,
}


def read_table(name: str) -> dict[str, dict[str, Status]]:
    """Status by row and control number of one table."""
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    controls = lines[0].split()[1:]
    rows = [line.split() for line in lines[1:]]
    return {row[0]: {c: LETTERS[letter] for c, letter in zip(controls, row[1:], strict=True)} for row in rows}
