"""The fold: findings begin, change and end; states and scores with them; nothing is written where nothing changed."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from posture.facts.tests.builders import container, engine, hardened
from posture.facts.wire.snapshot import Source
from posture.fleet.models import (
    ClosedCheckState,
    ClosedFinding,
    ClosedScore,
    Cursor,
    OpenCheckState,
    OpenFinding,
    OpenScore,
    ParameterSetting,
    Resource,
    RulesetAssignment,
)
from posture.fleet.queries.ledger_dump import ledger_dump
from posture.fleet.services.advance import Advanced
from posture.fleet.services.rulesets import assign_rulesets
from posture.fleet.tests.cast import Machine, machine, minute

pytestmark = pytest.mark.django_db
MEMORY = "container-memory-limit"


@pytest.fixture
def alpha() -> Machine:
    return machine()


def open_findings(name: str = "web") -> set[str]:
    """Checks that the container of that name does not pass now."""
    return set(OpenFinding.objects.filter(resource__name=name).values_list("check_key", flat=True))


def test_what_fails_is_found(alpha: Machine) -> None:
    alpha.report([container("web"), hardened("safe")], at=minute(1))
    assert alpha.advance(now=minute(2)) is Advanced.DONE
    assert MEMORY in open_findings("web")
    assert MEMORY not in open_findings("safe")
    found = OpenFinding.objects.get(resource__name="web", check_key=MEMORY)
    assert (found.status, found.from_at, found.since_at) == ("fail", minute(1), minute(1))
    assert found.evidence[0][:2] == ["HostConfig.Memory", "0"]
    state = OpenCheckState.objects.get(check_key=MEMORY)
    assert (state.status, state.passed, state.failed, state.unknown) == ("fail", 1, 1, 0)


def test_what_is_fixed_closes_and_the_score_rises(alpha: Machine) -> None:
    alpha.report([container("web")], at=minute(1))
    alpha.report([container("web", HostConfig={"Memory": 2**28})], at=minute(6))
    alpha.advance(now=minute(7))
    closed = ClosedFinding.objects.get(check_key=MEMORY)
    assert (closed.ended, closed.from_at, closed.to_at) == ("passed", minute(1), minute(6))
    before, after = ClosedScore.objects.get(), OpenScore.objects.get()
    assert before.to_at == after.from_at == minute(6)
    assert before.score is not None
    assert after.score is not None
    assert after.score > before.score
    assert float(after.numerator) / float(after.denominator) / after.weight * 100 == pytest.approx(after.score)


def test_what_is_removed_is_gone(alpha: Machine) -> None:
    alpha.report([container("web"), container("db")], at=minute(1))
    alpha.report([container("db")], at=minute(6))
    alpha.advance(now=minute(7))
    assert not open_findings("web")
    assert set(ClosedFinding.objects.filter(resource__name="web").values_list("ended", flat=True)) == {"gone"}
    assert Resource.objects.get(name="web").gone_at == minute(6)
    alpha.report([container("web"), container("db")], at=minute(11))
    alpha.advance(now=minute(12))
    back = Resource.objects.get(name="web")
    assert (back.first_seen_at, back.gone_at) == (minute(1), None)
    assert OpenFinding.objects.filter(resource=back, since_at=minute(11)).exists()


def test_nothing_changed_writes_nothing(alpha: Machine) -> None:
    alpha.report([container("web")], at=minute(1))
    alpha.advance(now=minute(2))
    revision, before = Cursor.objects.get().revision, ledger_dump()
    assert alpha.advance(now=minute(3)) is Advanced.DONE
    assert (Cursor.objects.get().revision, ledger_dump()) == (revision, before)
    alpha.report([container("web", Config={"EnvNames": ["PATH", "LANG"]})], at=minute(6))
    alpha.advance(now=minute(7))
    for model in (ClosedFinding, ClosedCheckState, ClosedScore):
        assert not model._default_manager.exists(), "facts that no rule reads change no interval"


def test_changed_evidence_keeps_since_when(alpha: Machine) -> None:
    alpha.report([container("web", HostConfig={"RestartPolicy": {"Name": "always"}})], at=minute(1))
    alpha.report([container("web", HostConfig={"RestartPolicy": {"Name": "unless-stopped"}})], at=minute(6))
    alpha.advance(now=minute(7))
    closed = ClosedFinding.objects.get()
    now = OpenFinding.objects.get(check_key=closed.check_key)
    assert closed.ended == "changed"
    assert (now.from_at, now.since_at) == (minute(6), minute(1))
    assert now.evidence != closed.evidence


def test_a_list_that_failed_removes_nothing(alpha: Machine) -> None:
    alpha.report([container("web")], at=minute(1))
    blind = engine([container("web")])
    blind.Containers = type(blind)(Key="x", Kind="docker", Endpoint="x").Containers
    failed = [Source(Name="docker.containers", Status="failed", Reason="timed_out")]
    alpha.report([], at=minute(6), engines=[blind], sources=failed)
    alpha.advance(now=minute(7))
    assert Resource.objects.get(name="web").gone_at is None
    found = OpenFinding.objects.get(resource__name="web", check_key=MEMORY)
    assert (found.status, found.reason, found.evidence) == ("unknown", "timed_out", [])
    assert (found.from_at, found.since_at) == (minute(6), minute(1))
    state = OpenCheckState.objects.get(check_key=MEMORY)
    assert (state.status, state.unknown) == ("unknown", 1)
    alpha.report([], at=minute(11))
    alpha.advance(now=minute(12))
    assert Resource.objects.get(name="web").gone_at == minute(11)


def test_a_re_created_container_continues_its_finding(alpha: Machine) -> None:
    alpha.report([container("web")], at=minute(1))
    alpha.advance(now=minute(2))
    row = OpenFinding.objects.get(resource__name="web", check_key=MEMORY)
    again = alpha.look([container("web", Config={"EnvNames": []})], at=minute(6))
    engines = again.volatile.Engines
    assert isinstance(engines, dict)
    assert isinstance(engines["docker"].Containers, dict)
    engines["docker"].Containers["web"].Id = "f" * 64
    alpha.deliver(again)
    alpha.advance(now=minute(7))
    assert OpenFinding.objects.get(pk=row.pk) == row
    assert Resource.objects.get(name="web").incarnation == "f" * 64


def test_a_verdict_that_falls_due_is_judged_again() -> None:
    ParameterSetting.objects.create(group=None, rule="container-recent-image", name="maximum_age_days", value=90)
    alpha = machine()
    alpha.report([container("web")], at=minute(1))
    alpha.advance(now=minute(2))
    due = Cursor.objects.get().valid_until
    assert due is not None
    assert due > minute(2), "the image was built in December"
    before = ledger_dump()
    alpha.advance(now=due - timedelta(seconds=1))
    assert ledger_dump() == before
    alpha.advance(now=due)
    assert Cursor.objects.get().at == due
    assert ClosedCheckState.objects.get(to_at=due).check_key == "container-recent-image"
    assert OpenFinding.objects.get(check_key="container-recent-image").from_at == due


def test_another_ruleset_judges_from_its_assignment_on(alpha: Machine) -> None:
    alpha.report([container("web")], at=minute(1))
    alpha.advance(now=minute(2))
    first = RulesetAssignment.objects.get().ruleset
    ParameterSetting.objects.create(group=None, rule="daemon-unused-images", name="maximum", value=3)
    assert assign_rulesets(now=minute(3)) == [alpha.agent.host]
    assert assign_rulesets(now=minute(4)) == []
    assert Cursor.objects.get().pending
    alpha.advance(now=minute(5))
    second = RulesetAssignment.objects.order_by("-from_at").first()
    assert second is not None
    assert second.ruleset != first
    assert set(OpenFinding.objects.values_list("ruleset", "from_at")) == {(second.ruleset_id, minute(3))}
    assert set(OpenFinding.objects.values_list("since_at", flat=True)) == {minute(1)}
    assert set(ClosedFinding.objects.values_list("ended", "to_at")) == {("ruleset", minute(3))}
    assert OpenScore.objects.count() == ClosedScore.objects.count()


def test_rows_and_statements_of_a_first_snapshot(alpha: Machine) -> None:
    alpha.report([container(f"c{count}") for count in range(50)], at=minute(1))
    with CaptureQueriesContext(connection) as captured:
        alpha.advance(now=minute(2))
    assert len(captured) <= 14
    assert OpenFinding.objects.count() > 500
    alpha.report([container(f"c{count}") for count in range(49)], at=minute(6))
    with CaptureQueriesContext(connection) as captured:
        alpha.advance(now=minute(7))
    assert len(captured) <= 21
    assert ClosedFinding.objects.filter(ended="gone").values("resource").distinct().count() == 1


def test_an_advance_that_dies_leaves_what_was_there(alpha: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    alpha.report([container("web")], at=minute(1))
    alpha.advance(now=minute(2))
    before = ledger_dump()
    alpha.report([container("db")], at=minute(6))
    pending = ledger_dump()
    with monkeypatch.context() as patch:
        patch.setattr("posture.fleet.services.advance.write_position", lambda position, now: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            alpha.advance(now=minute(7))
    assert ledger_dump() == pending != before
    alpha.advance(now=minute(7))
    assert not open_findings("web")


def test_a_fold_whose_moment_is_old_leaves_what_came_since_to_be_done() -> None:
    """It waited for its turn, and folds no further than to its own moment: the sweep has to find the rest."""
    alpha = machine()
    alpha.report([container("web")], at=minute(0))
    alpha.report([hardened("web")], at=minute(5))
    alpha.advance(now=minute(3))
    assert Cursor.objects.get(host=alpha.agent.host).pending
    alpha.advance(now=minute(6))
    assert not Cursor.objects.get(host=alpha.agent.host).pending
