"""Trends and moments: what the summed intervals say is what each host said."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from posture.fleet.models import HostState, PresenceSpan
from posture.fleet.queries.changes import Cause, Period, count_changes, list_change_sets
from posture.fleet.queries.fleet import stand_fleet
from posture.fleet.queries.hosts import HostFilter, list_hosts
from posture.fleet.queries.scope import Scope
from posture.fleet.queries.standing import Word, word_of
from posture.fleet.queries.trend import silences_of, trend_fleet, trend_host
from posture.fleet.tests.factories import EDITION, judge, make_fleet, make_group, make_host, make_resource

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def mean_at(at: datetime | None) -> float | None:
    return stand_fleet(scope=Scope(), at=at).score


def test_the_fleets_trend_is_the_mean_at_each_moment() -> None:
    make_fleet(3)
    make_host("never judged", days=1)
    now = timezone.now()
    points = trend_fleet(scope=Scope(), from_at=now - 10 * DAY, to_at=now, samples=20)
    for place in (1, 7, 15, 17, 20):
        at = now - 10 * DAY + place * DAY / 2
        assert points[place].score == pytest.approx(mean_at(at), abs=1e-6), place


def test_a_host_never_judged_counts_zero_and_a_retired_one_is_out() -> None:
    one = make_host("one")
    judge(one, {}, at=one.created_at)
    assert mean_at(None) == pytest.approx(100)
    new = make_host("new", days=1)
    assert mean_at(None) == pytest.approx(50)
    new.retired_at = timezone.now()
    new.save()
    assert mean_at(None) == pytest.approx(100)
    assert mean_at(timezone.now() - DAY / 2) == pytest.approx(50)


def test_the_past_is_what_it_was() -> None:
    host = make_host("one")
    web = make_resource(host, "web")
    judge(host, {"container-not-privileged": [web]}, at=host.created_at)
    judge(host, {}, at=timezone.now() - 2 * DAY)
    then = list_hosts(scope=Scope(), at=timezone.now() - 3 * DAY, wanted=HostFilter()).rows[0]
    now = list_hosts(scope=Scope(), at=None, wanted=HostFilter()).rows[0]
    assert then.standing is not None
    assert now.standing is not None
    assert (then.standing.open_criticals, now.standing.open_criticals) == (1, 0)
    assert then.standing.word == Word.WEAK
    assert list_hosts(scope=Scope(), at=host.created_at - DAY, wanted=HostFilter()).total == 0


@pytest.mark.parametrize(
    ("score", "criticals", "word"),
    [(None, 0, "none"), (100, 0, "good"), (90, 0, "good"), (89.99, 0, "fair"), (75, 0, "fair"), (74.9, 0, "weak"),
     (100, 1, "weak"), (50, 3, "weak"), (49.9, 0, "exposed"), (0, 0, "exposed")],
)  # fmt: skip
def test_words_of_scores(score: float | None, criticals: int, word: str) -> None:
    assert word_of(score=score, open_criticals=criticals) == word


def test_the_filter_by_word_agrees_with_the_word() -> None:
    for number in range(6):
        host = make_host(f"h{number}")
        web = [make_resource(host, f"c{place}") for place in range(3)]
        checks = ("container-memory-limit", "container-not-privileged", "container-pids-limit", "container-no-host-pid",
                  "daemon-tls", "daemon-icc-off", "container-seccomp", "container-capabilities")  # fmt: skip
        judge(host, dict.fromkeys(checks[: number * 2], web), at=host.created_at)
    make_host("never")
    listed = {
        word: {row.name for row in list_hosts(scope=Scope(), at=None, wanted=HostFilter(word=word)).rows}
        for word in Word
    }
    for row in list_hosts(scope=Scope(), at=None, wanted=HostFilter()).rows:
        word = row.standing.word if row.standing else Word.NONE
        assert [key for key, names in listed.items() if row.name in names] == [word]


def test_silence_in_the_past_and_gaps_in_the_trend() -> None:
    host = make_host("one")
    judge(host, {}, at=host.created_at)
    now = timezone.now()
    span = PresenceSpan.objects.get(host=host)
    PresenceSpan.objects.filter(pk=span.pk).update(to_at=now - 10 * DAY)
    PresenceSpan.objects.create(
        host=host, installation=span.installation, digest=span.digest, from_at=now - 6 * DAY, to_at=now,
        first_sequence=10, last_sequence=20,
    )  # fmt: skip
    gaps = silences_of(host=host.pk, from_at=now - 30 * DAY, to_at=now)
    assert [(round((now - gap.from_at) / DAY), round((now - gap.to_at) / DAY)) for gap in gaps] == [(10, 6)]
    states = [
        list_hosts(scope=Scope(), at=now - days * DAY, wanted=HostFilter()).rows[0].state for days in (12, 9.999, 8, 3)
    ]
    assert states == [HostState.REPORTING, HostState.REPORTING, HostState.SILENT, HostState.REPORTING]


def test_a_hosts_trend_begins_with_what_held() -> None:
    host = make_host("one")
    web = make_resource(host, "web")
    judge(host, {"container-memory-limit": [web]}, at=host.created_at)
    judge(host, {}, at=timezone.now() - 2 * DAY)
    now = timezone.now()
    points = trend_host(host=host.pk, edition=EDITION, from_at=now - 5 * DAY, to_at=now)
    assert len(points) == 2
    assert points[0].at < now - 5 * DAY
    assert points[1].score == pytest.approx(100)


def test_changes_have_causes_and_scores_around_them() -> None:
    make_fleet(1)
    now = timezone.now()
    period = Period(now - 7 * DAY, now)
    assert count_changes(scope=Scope(), period=period) == (1, 2)
    (found,) = list_change_sets(scope=Scope(), period=period)
    causes = sorted((change.check_key, change.cause) for change in found.changes)
    assert causes == [
        ("container-memory-limit", Cause.FIXED),
        ("container-not-privileged", Cause.GONE),
        ("container-pids-limit", Cause.BROKEN),
    ]
    assert found.before is not None
    assert found.after is not None
    assert found.after > found.before
    only = list_change_sets(scope=Scope(), period=period, causes={Cause.GONE})
    assert [change.cause for change in only[0].changes] == [Cause.GONE]


def test_a_group_narrows_everything() -> None:
    make_fleet(2, group=make_group("A"))
    lonely = make_host("lonely", group=make_group("B"))
    judge(lonely, {}, at=lonely.created_at)
    scope = Scope(group=make_group("B").pk)
    now = timezone.now()
    assert stand_fleet(scope=scope, at=None).hosts == 1
    assert trend_fleet(scope=scope, from_at=now - DAY, to_at=now, samples=4)[-1].score == pytest.approx(100)
    assert count_changes(scope=scope, period=Period(now - 7 * DAY, now)) == (0, 0)
    assert stand_fleet(scope=Scope(groups=frozenset()), at=None).hosts == 0
