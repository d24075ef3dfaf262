"""The flags of the fleet's trend."""

from datetime import UTC, datetime, timedelta

from django.test import Client
from django.urls import reverse

from posture.dashboard.moves import largest_moves
from posture.dashboard.tests.page import read
from posture.dashboard.views.overview import change_since
from posture.fleet.models import Host
from posture.fleet.queries.trend import Point

END = datetime(2026, 3, 31, 12, tzinfo=UTC)
START = END - timedelta(days=30)


def sample(scores: dict[float, float | None], *, days: int = 30) -> list[Point]:
    """A trend of 180 samples; ``scores``: the score from so many days before the end on."""
    points = []
    for place in range(181):
        left = days - days * place / 180
        score = next((scores[since] for since in sorted(scores) if since >= left), None)
        points.append(Point(END - timedelta(days=left), score, 1.0))
    return points


def test_the_days_that_moved_the_score_are_flagged_at_their_largest_step() -> None:
    points = sample({30: 70.0, 10.8: 69.0, 10.4: 60.0, 5.5: 60.2, 0.5: 65.0})
    fall, rise = largest_moves(points, from_at=START, to_at=END)
    assert abs(fall.at - (END - timedelta(days=10.4))) <= timedelta(hours=4)
    assert fall.to_at - timedelta(days=1) <= fall.at <= fall.to_at
    assert (fall.days, fall.change) == (1, -10.0)
    assert (rise.to_at, round(rise.change, 1)) == (END, 4.8)


def test_where_nothing_was_judged_nothing_moved() -> None:
    points = sample({2.5: 60.0, 1.5: None})
    assert largest_moves(points, from_at=START, to_at=END) == []
    assert largest_moves([], from_at=START, to_at=END) == []


def test_an_edition_that_judged_nothing_yet_has_no_change() -> None:
    week = END - timedelta(days=7)
    waiting = [Point(END - timedelta(days=20), 0.0, 0.0), Point(END - timedelta(days=19), None, 0.0)]
    assert change_since([*waiting, Point(END, 52.9, 0.9)], week) is None
    assert change_since([Point(END - timedelta(days=9), 50.0, 0.9), Point(END, 52.5, 0.9)], week) == 2.5
    assert change_since([Point(END - timedelta(days=9), 50.0, 0.9), Point(END, None, 0.0)], week) is None
    assert change_since([], week) is None


def test_a_long_trend_goes_by_weeks() -> None:
    (fall,) = largest_moves(sample({365: 70.0, 8: 60.0}, days=365), from_at=END - timedelta(days=365), to_at=END)
    assert (fall.days, fall.change) == (7, -10.0)


def test_a_flag_of_the_overview_leads_to_the_changes_that_add_up_to_it(viewer: Client, fleet: list[Host]) -> None:
    page = read(viewer.get(reverse("overview")).content.decode())
    links = [
        link.attributes["href"]
        for link in page.all("a")
        if link.attributes["href"].startswith(reverse("changes") + "?") and "days=1" in link.attributes["href"]
    ]
    assert links
    for link in links:
        changes = read(viewer.get(link).content.decode())
        assert [one for one in changes.all("dl") if one.attributes.get("class") == "split-bar"]
        assert [one for one in changes.all("div") if one.attributes.get("class") == "change-set"]
