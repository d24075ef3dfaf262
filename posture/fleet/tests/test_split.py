"""A score's move is split exactly, whatever happened in between."""

from datetime import timedelta
from fractions import Fraction

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from posture.evaluation import catalogue
from posture.evaluation.verdict import WEIGHTS, Severity
from posture.fleet.queries.changes import Period
from posture.fleet.queries.scope import Scope
from posture.fleet.queries.split import Counted, Moved, Split, credit_of, split_check, split_fleet
from posture.fleet.tests.factories import judge, make_host, make_resource, make_ruleset

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def split_between(days: float) -> Split:
    now = timezone.now()
    rules = catalogue.load().rules.values()
    return split_fleet(
        scope=Scope(),
        period=Period(now - days * DAY, now),
        weights={rule.id: WEIGHTS[rule.severity] for rule in rules},
        critical=[rule.id for rule in rules if rule.severity is Severity.CRITICAL],
    )


def check_sum(split: Split) -> None:
    assert split.fixed + split.broken + split.population + split.rules == split.change


def test_a_fix_is_fixed_and_nothing_else() -> None:
    host = make_host("one")
    web = make_resource(host, "web")
    judge(host, {"container-memory-limit": [web]}, at=host.created_at)
    judge(host, {}, at=timezone.now() - DAY)
    split = split_between(7)
    check_sum(split)
    assert split.fixed > 0
    assert split.broken == split.rules == 0


def test_a_break_is_broken() -> None:
    host = make_host("one")
    web = make_resource(host, "web")
    judge(host, {}, at=host.created_at)
    judge(host, {"container-not-privileged": [web]}, at=timezone.now() - DAY)
    split = split_between(7)
    check_sum(split)
    assert split.broken < 0
    assert split.fixed == 0


def test_a_resource_that_comes_or_goes_is_population() -> None:
    host = make_host("one")
    old = make_resource(host, "old")
    judge(host, {"container-memory-limit": [old]}, at=host.created_at)
    judge(host, {}, at=timezone.now() - 2 * DAY, gone=[old])
    new = make_resource(host, "new", at=timezone.now() - DAY)
    judge(host, {"container-not-privileged": [new]}, at=timezone.now() - DAY)
    split = split_between(7)
    check_sum(split)
    assert split.fixed == split.broken == 0
    assert split.population == split.change


def test_what_a_resource_explains_is_no_change_of_rules() -> None:
    host = make_host("one")
    web = make_resource(host, "web")
    judge(host, {}, at=host.created_at)
    other = make_ruleset("sha256:" + "9" * 64)
    make_host("two")
    judge(host, {"container-no-sshd": []}, at=timezone.now() - DAY, ruleset=other)
    judge(host, {"container-memory-limit": [web]}, at=timezone.now() - DAY / 2, ruleset=other)
    split = split_between(7)
    check_sum(split)
    assert split.broken < 0
    assert split.rules == 0


def test_a_host_that_came_is_population() -> None:
    old = make_host("old", days=30)
    judge(old, {}, at=old.created_at)
    new = make_host("new", days=1)
    judge(new, {"container-not-privileged": [make_resource(new, "web")]}, at=new.created_at)
    split = split_between(7)
    check_sum(split)
    assert split.population == split.change < 0


def test_nothing_moved() -> None:
    host = make_host("one")
    judge(host, {}, at=host.created_at)
    assert split_between(7).change == 0


@given(
    st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9),
    st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.booleans(),
)  # fmt: skip
def test_the_parts_of_a_check_add_up(
    passed: int, rest: int, later: int, later_rest: int, fixed: int, gone: int, broken: int, new: int, critical: bool
) -> None:
    first, last = Counted(passed, passed + rest), Counted(later, later + later_rest)
    moved = Moved(fixed=fixed, gone=gone, broken=broken, new=new)
    better, worse, other = split_check(first, last, moved, all_or_nothing=critical)
    assert better - worse + other == credit_of(last, critical) - credit_of(first, critical)
    assert better >= Fraction(0)
    assert worse >= Fraction(0)
