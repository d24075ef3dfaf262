"""Posture's verdicts on varied real engines, held against readings made by code outside Posture."""

import pytest

from posture.fleet.management.benches.agreement import play
from posture.tests.agreement.compare import RIGHT
from posture.tests.agreement.stages import STAGES
from posture.tests.engine import available
from posture.tests.requirements import require

COMPARED = 80  # at least so many controls have a reading of their own on each stage


@pytest.mark.parametrize("name", list(STAGES))
def test_every_reading_says_the_same(name: str) -> None:
    require("dockerd", available())
    compared = play(name, None)
    assert len(compared) >= COMPARED
    wrong = {one["number"]: (one["ours"], one["proof"]) for one in compared if one["outcome"] != RIGHT}
    assert wrong == {}
