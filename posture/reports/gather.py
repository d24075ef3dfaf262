"""Reads the content of a report from the ledger, as it stood at the report's moment."""

import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min

from posture.evaluation import catalogue
from posture.evaluation.candidates import check_keys
from posture.evaluation.edition import Edition
from posture.fleet.models import Group, Host
from posture.fleet.queries.hosts import HostRow, host_row, seen_hosts
from posture.fleet.queries.report import EditionScore, edition_scores, ruleset_digests
from posture.fleet.queries.scope import Scope
from posture.fleet.queries.standing import word_of
from posture.fleet.queries.trend import silences_of, trend_fleet, trend_host
from posture.reports.content import Content, Figures, Frame, HostLine, Silence, Subject, Trend, TrendPoint
from posture.reports.controls import gather_controls, sections_of
from posture.reports.coverage import gather_uncovered
from posture.reports.fixes import say
from posture.reports.headline import Headline, headlines_at
from posture.reports.observations import GROUP, HOST, gather_observations
from posture.reports.terms import gather_terms

TREND = timedelta(days=90)
SHORTEST = timedelta(minutes=10)
Progress = Callable[[int, str], None]


class UnknownEdition(LookupError):
    """There is no such edition in the catalogue."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to report on: one host or one group, an edition and a moment (aware)."""

    subject: Host | Group
    edition: str
    as_of: datetime
    language: str
    zone: str
    made_at: datetime
    made_by: str
    product_version: str

    @property
    def scope(self) -> Scope:
        """The hosts that the report speaks of."""
        if isinstance(self.subject, Group):
            return Scope(group=self.subject.pk, edition=self.edition)
        return Scope(host=self.subject.pk, edition=self.edition)


def gather_content(wanted: Wanted, *, progress: Progress = lambda percent, step: None) -> Content:
    """The content of one report. Raises UnknownEdition."""
    edition = catalogue.load().editions.get(wanted.edition)
    if edition is None:
        raise UnknownEdition(f"There is no edition {wanted.edition}.")
    progress(5, "scores")
    scores = edition_scores(scope=wanted.scope, edition=wanted.edition, at=wanted.as_of)
    there = wanted.scope.hosts_at(at=wanted.as_of)
    hosts = seen_hosts(hosts=there, at=wanted.as_of, edition=wanted.edition).order_by("name", "pk")
    rows = [host_row(host) for host in hosts]
    progress(20, "facts")
    headlines = headlines_at(scope=wanted.scope, at=wanted.as_of)
    group = isinstance(wanted.subject, Group)
    progress(30, "evidence")
    seen = gather_observations(
        hosts=[(row.id, row.name) for row in rows],
        scores=scores,
        checks=check_keys(edition),
        at=wanted.as_of,
        language=wanted.language,
        bounds=GROUP if group else HOST,
    )
    progress(70, "findings")
    controls = gather_controls(edition, scope=wanted.scope, at=wanted.as_of, language=wanted.language, seen=seen)
    progress(90, "trend")
    return Content(
        subject=subject_of(wanted, rows, headlines),
        frame=frame_of(wanted, edition, scores),
        figures=figures_of(rows, scores),
        sections=sections_of(edition, controls, language=wanted.language),
        controls=controls,
        trend=trend_of(wanted),
        hosts=tuple(line_of(row, scores.get(row.id), headlines.get(row.id)) for row in rows) if group else (),
        uncovered=gather_uncovered(rows, scores, headlines),
        terms=gather_terms(
            edition, hosts=Counter(score.ruleset for score in scores.values()), language=wanted.language
        ),
    )


def subject_of(wanted: Wanted, rows: list[HostRow], headlines: dict[uuid.UUID, Headline]) -> Subject:
    name, is_demo = wanted.subject.name, wanted.subject.is_demo
    if isinstance(wanted.subject, Group):
        return Subject("group", name, is_demo)
    headline = headlines.get(wanted.subject.pk)
    group = ("group", wanted.subject.group.name)
    if headline is None:
        return Subject("host", name, is_demo, (group,))
    return Subject(
        "host", name, is_demo, (group, *headline.details()), headline.observed_at, rows[0].seen_at if rows else None
    )


def frame_of(wanted: Wanted, edition: Edition, scores: dict[uuid.UUID, EditionScore]) -> Frame:
    return Frame(
        edition=edition.id,
        edition_title=say(edition.title, wanted.language),
        as_of=wanted.as_of,
        zone=wanted.zone,
        made_at=wanted.made_at,
        made_by=wanted.made_by,
        rulesets=ruleset_digests(rulesets={score.ruleset for score in scores.values()}),
        product_version=wanted.product_version,
        language=wanted.language,
    )


def figures_of(rows: list[HostRow], scores: dict[uuid.UUID, EditionScore]) -> Figures:
    """The numbers of the cover: a host that was never judged counts zero; one with nothing applicable, or that other
    editions judge and this one does not, is left out."""
    standings = [scores[row.id].standing if row.id in scores else None for row in rows
                 if row.id in scores or not row.judged]  # fmt: skip
    counted = [0.0 if standing is None else standing.score for standing in standings]
    known = [score for score in counted if score is not None]
    judged = [standing for standing in standings if standing is not None]
    score = sum(known) / len(known) if known and judged else None
    criticals = sum(standing.open_criticals for standing in judged)
    return Figures(
        score=score,
        word=word_of(score=score, open_criticals=criticals).value,
        coverage=sum(standing.coverage for standing in judged) / len(standings) if standings else 0.0,
        open_criticals=criticals,
        hosts=len(rows),
        judged_hosts=len(judged),
    )


def line_of(row: HostRow, score: EditionScore | None, headline: Headline | None) -> HostLine:
    standing = score.standing if score else None
    value = standing.score if standing else None
    criticals = standing.open_criticals if standing else 0
    return HostLine(
        name=row.name,
        board=headline.board if headline else "",
        engine=headline.engine if headline else "",
        state=row.state.value,
        word=word_of(score=value, open_criticals=criticals).value,
        score=value,
        coverage=standing.coverage if standing else 0.0,
        open_criticals=criticals,
        seen_at=row.seen_at,
    )


def trend_of(wanted: Wanted) -> Trend:
    """The score of the last 90 days before the report's moment, or since the first host of it was seen."""
    last = wanted.as_of
    first = trend_start(last, wanted.scope.hosts().aggregate(first=Min("first_seen_at"))["first"])
    if isinstance(wanted.subject, Group):
        points = trend_fleet(scope=wanted.scope, from_at=first, to_at=last)
        silences = []
    else:
        host = wanted.subject.pk
        points = trend_host(host=host, edition=wanted.edition, from_at=first, to_at=last)
        silences = silences_of(host=host, from_at=first, to_at=last)
    return Trend(
        first,
        last,
        tuple(TrendPoint(point.at, point.score, point.coverage) for point in points),
        tuple(Silence(one.from_at, one.to_at, one.planned, one.dropped) for one in silences),
    )


def trend_start(last: datetime, seen: datetime | None) -> datetime:
    """Where the trend begins: months of nothing would hide the first days of a young host."""
    start = last - TREND
    if seen is None or seen <= start:
        return start
    return min(seen - (last - seen) / 20, last - SHORTEST)
