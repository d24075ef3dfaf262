"""Editions are never averaged: a score is the mean of the hosts that its edition judges, and says who is left out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from posture.fleet.models import OpenScore
from posture.fleet.queries.changes import Period
from posture.fleet.queries.fleet import stand_fleet
from posture.fleet.queries.hosts import HostFilter, list_hosts
from posture.fleet.queries.scope import Scope
from posture.fleet.queries.split import split_fleet
from posture.fleet.queries.standing import edition_standings
from posture.fleet.queries.trend import trend_fleet
from posture.fleet.tests.factories import EDITION, judge, make_group, make_host, make_resource

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
OURS, THEIRS = Scope(edition=EDITION), Scope(edition="other")


def make_hosts() -> None:
    """A host that our edition judges (100), one that another one does (25), one that nothing has judged yet."""
    ours, theirs = make_host("ours"), make_host("theirs", group=make_group("Theirs"))
    for host in (ours, theirs):
        judge(host, {}, at=host.created_at)
    OpenScore.objects.filter(host=theirs).update(edition="other", score=25, numerator=1, denominator=4, weight=1)
    make_host("never")


def test_the_mean_leaves_out_whom_only_another_edition_judges_and_counts_the_never_judged_zero() -> None:
    make_hosts()
    standing = stand_fleet(scope=OURS, at=None)
    assert (standing.score, standing.hosts, standing.judged, standing.other, standing.counted) == (50, 3, 1, 1, 2)
    assert standing.coverage == pytest.approx(0.45)
    assert stand_fleet(scope=THEIRS, at=None).score == 12.5
    past = stand_fleet(scope=OURS, at=timezone.now() - DAY)
    assert (past.score, past.other) == (50, 1)
    assert stand_fleet(scope=Scope(edition="nobody's"), at=None).score == 0  # of the host that nothing judged yet


def test_a_list_tells_not_judged_yet_from_judged_by_others() -> None:
    make_hosts()
    rows = {row.name: row for row in list_hosts(scope=OURS, at=None, wanted=HostFilter()).rows}
    assert {name: (row.standing is not None, row.judged) for name, row in rows.items()} == {
        "ours": (True, True), "theirs": (False, True), "never": (False, False)
    }  # fmt: skip
    assert list(rows) == ["never", "ours", "theirs"]
    assert edition_standings(host=rows["theirs"].id, at=None)["other"].score == 25
    assert edition_standings(host=rows["never"].id, at=timezone.now() - DAY) == {}


def test_trend_and_split_agree_with_the_mean_at_every_moment() -> None:
    make_hosts()
    now = timezone.now()
    late = make_host("late")  # known for 30 days, judged by another edition for nearly five, by ours for nearly one
    judge(late, {}, at=now - 4.9 * DAY)
    OpenScore.objects.filter(host=late).update(edition="other")
    judge(late, {"container-memory-limit": [make_resource(late, "web")]}, at=now - 0.9 * DAY)
    points = trend_fleet(scope=OURS, from_at=now - 10 * DAY, to_at=now, samples=20)
    for point in points[1:]:
        assert point.score == pytest.approx(stand_fleet(scope=OURS, at=point.at).score)
    assert points[2].score == pytest.approx(100 / 3)  # ours, never, late: not judged then, so it counted zero
    assert points[14].score == pytest.approx(50)  # the other edition judged “late”: it was out
    split = split_fleet(scope=OURS, period=Period(now - 4 * DAY, now), weights={}, critical=())
    assert float(split.before) == pytest.approx(50)
    assert float(split.after) == pytest.approx(stand_fleet(scope=OURS, at=None).score)
    assert split.fixed + split.broken + split.population + split.rules == split.after - split.before
