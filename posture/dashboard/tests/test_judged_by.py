"""Who judges a control, as the pages say it: the product's own editions, without a database."""

import pytest

from posture.dashboard.controls import MACHINE, VALUE, control_lines, judged_by_machine
from posture.evaluation import catalogue
from posture.evaluation.ruleset import build


@pytest.mark.parametrize("edition", sorted(catalogue.load().editions))
def test_pages_count_what_the_evaluator_judges_without_being_given_a_value(edition: str) -> None:
    judged_by_machine.cache_clear()
    ruleset = build(catalogue.load(), parameters={}, editions=[edition])
    keys = ruleset.editions[edition].values()
    assert judged_by_machine(edition) == sum(ruleset.checks[key].logic.manual is None for key in keys)


def test_a_value_that_the_edition_gives_is_not_waited_for() -> None:
    lines = {edition: control_lines(edition, ()) for edition in ("cis-docker-1.11.0", "cis-docker-1.8.0")}
    found = {(edition, line.number): line.judged for edition in lines for line in lines[edition]}
    assert found["cis-docker-1.11.0", "1.5"] == MACHINE, "it names the version itself"
    assert found["cis-docker-1.8.0", "4.2"] == VALUE
