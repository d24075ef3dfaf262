"""Posture's verdicts on varied real engines, held against readings made by code outside Posture."""

from typing import Any

import pytest

from posture.fleet.management.benches.agreement import differing, play
from posture.rules.tests.test_where_others_err import CASES
from posture.tests.agreement.compare import RIGHT
from posture.tests.agreement.page import page, placed
from posture.tests.agreement.rows import ROWS
from posture.tests.agreement.stages import STAGES
from posture.tests.engine import available
from posture.tests.requirements import require

# At least so many comparisons have a reading of their own.
COMPARED = {
    "loose": 500, "tight": 270, "audited": 140, "array": 20, "line": 15, "logs": 15, "spelled": 15, "swarm": 90,
}  # fmt: skip


@pytest.mark.long  # its engines have worlds of their own: they may run beside other tests
@pytest.mark.parametrize("name", list(STAGES))
def test_every_reading_says_the_same(name: str) -> None:
    require("dockerd", available())
    compared = play(name, None)
    wrong = [one for one in compared if one["outcome"] != RIGHT]
    assert wrong == []
    assert len(compared) >= COMPARED[name]
    assert list(differing({name: compared}, said=False)) == []


def test_every_known_error_is_staged_or_says_why_not() -> None:
    assert [row.number for row in ROWS] == list(range(1, 37))
    assert [row.number for row in ROWS if not row.shown and not row.cannot] == []
    held = {number for number, *_ in CASES} | {34, 35}  # these two have tests of their own there
    assert {row.number for row in ROWS if row.cannot} <= held


def test_entries_name_what_is_played() -> None:
    scenes = {(stage.name, scene.name) for stage in STAGES.values() for scene in stage.scenes}
    assert {(entry.stage, entry.scene) for row in ROWS for entry in row.shown} <= scenes


def test_a_known_error_that_is_gone_is_told() -> None:
    one: dict[str, Any] = {"scene": "all", "subject": "", "number": "2.10", "said": "WARN", "ours": "fail"}
    others = [told for told in differing({"array": [one]}, said=True) if "2.10" in told]
    assert others == ["row 10, array all  2.10"]
    assert [told for told in differing({"array": [one]}, said=False) if "2.10" in told] == []


def test_the_page_names_no_place_of_this_machine() -> None:
    text = placed(
        'stat /tmp/posture-stage-ab_12/ca.pem: mode 437; ("dockerd",pid=12,fd=9)); web.1.1i5vpia7xduxbyv6t81rpxq5i'
    )
    assert text == 'stat STAGE/ca.pem: mode 437; ("dockerd",pid=PID)); web.1.TASK'
    one = {
        "scene": "all", "subject": "", "number": "2.10", "said": "PASS", "ours": "fail", "outcome": RIGHT,
        "proof": "fail: daemon.json: a | b",
    }  # fmt: skip
    lines = list(page({"array": [one]}, "Docker 1", "2026-01-01"))
    assert "| array | 2.10 | PASS | fail | `daemon.json: a \\| b` |" in lines
    assert "| 0 | 1 | 0 |" in lines
