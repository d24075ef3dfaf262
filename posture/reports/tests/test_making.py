"""Reports made from a real ledger: what was judged is what is printed, at the moment that was asked for."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pypdf
import pytest
from django.core.management import CommandError, call_command

from posture.evaluation import catalogue
from posture.facts.digest import facts_digest
from posture.facts.tests.builders import container, hardened
from posture.facts.wire.host import OtherRuntime
from posture.fleet.models import AuditEntry, Group, Host, Report, ReportState
from posture.fleet.services.editions import set_editions
from posture.fleet.services.parameters import set_parameter
from posture.fleet.services.policies import set_policy
from posture.fleet.tests.cast import machine, make_key, minute
from posture.fleet.tests.factories import make_group
from posture.reports.gather import UnknownEdition, gather_content
from posture.reports.making import fail_report, produce_report, request_report, wanted_of
from posture.reports.tasks import INTERNAL, ReportTask, make_report

EDITION = "cis-docker-1.6.0"
pytestmark = pytest.mark.django_db


@pytest.fixture
def alpha() -> Host:
    """A host whose one container was without limits for an hour, and is hardened since."""
    board = machine("alpha")
    board.report([container("web")], at=minute(0))
    board.report([hardened("web")], at=minute(60))
    board.advance(now=minute(61))
    return Host.objects.get(name="alpha")


def ask(subject: Host | Group, *, after: float = 90, language: str = "en") -> Report:
    return request_report(
        subject=subject, edition=EDITION, as_of=minute(after), language=language, actor="alice", address="192.0.2.7"
    )


def text_of(report: Report) -> str:
    report.refresh_from_db()
    assert report.state == ReportState.DONE, report.problem
    assert report.body is not None
    pages = pypdf.PdfReader(io.BytesIO(bytes(report.body))).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


@pytest.mark.long
def test_a_report_of_a_host_names_every_control(alpha: Host) -> None:
    report = ask(alpha)
    content = gather_content(wanted_of(report))
    assert [control.number for control in content.controls] == [
        control.number for control in catalogue.load().editions[EDITION].controls()
    ]
    statuses = {control.number: control.status for control in content.controls}
    assert statuses["5.11"] == "pass"
    assert statuses["4.12"] == "manual"
    produce_report(report=report.pk)
    whole = text_of(report)
    assert all(f"{control.number} {control.title}" in whole for control in content.controls)
    assert content.frame.rulesets[0] in whole
    assert report.progress == 100


def test_a_report_tells_choices_and_values_as_they_were() -> None:
    group = make_group("Own", edition="posture")
    by: dict[str, Any] = {"group": group, "now": minute(65), "actor": "alice", "address": None}
    set_editions(**{**by, "now": minute(-1)}, editions=["cis-docker-1.8.0"])
    board = machine("beta", key=make_key(group="Own"))
    board.report([container("web")], at=minute(0))
    board.advance(now=minute(1))
    known = catalogue.load()
    images = next(control.rule for control in known.editions["posture"].controls() if control.number == "D17")
    assert images is not None
    set_parameter(**by, rule=known.rules[images], name="maximum", value=9)
    set_policy(**by, policy=known.policies["memory"], choice="memory")
    board.advance(now=minute(66))
    host = Host.objects.get(name="beta")
    early, late = (terms_of(host, "posture", after) for after in (30, 90))
    assert early["C20"] == [("Both are bounded", "default", 1)]
    assert late["C20"] == [("Memory is enough", "set", 1)]
    assert early["D17"] == [(5, "default", 1)]
    assert late["D17"] == [(9, "set", 1)]
    letter = terms_of(host, "cis-docker-1.8.0", 90)
    assert letter["7.3"] == [(False, "edition", 1)]
    assert "Memory is enough" not in {value for values in letter.values() for value, _origin, _hosts in values}


def terms_of(host: Host, edition: str, after: float) -> dict[str, list[tuple[object, str, int]]]:
    """What a report tells of each control: values with their origin and how many hosts."""
    report = request_report(
        subject=host, edition=edition, as_of=minute(after), language="en", actor="alice", address=None
    )
    found: dict[str, list[tuple[object, str, int]]] = {}
    for term in gather_content(wanted_of(report)).terms:
        for number in term.numbers:
            found.setdefault(number, []).append((term.value, term.origin, term.hosts))
    return found


def test_a_report_shows_the_moment_that_was_asked_for(alpha: Host) -> None:
    before, after = (gather_content(wanted_of(ask(alpha, after=count))) for count in (30, 90))
    early = {control.number: control for control in before.controls}["5.11"]
    late = {control.number: control for control in after.controls}["5.11"]
    assert (early.status, early.failed) == ("fail", 1)
    assert early.evidence[0].resources == ("web",)
    assert early.evidence[0].facts == (("HostConfig.Memory", "0", "> 0"),)
    assert early.remediation is not None
    assert any("web" in step.text for step in early.remediation.steps)
    assert (late.status, late.evidence) == ("pass", ())
    assert before.figures.score is not None
    assert after.figures.score is not None
    assert before.figures.score < after.figures.score


def test_before_the_first_snapshot_nothing_is_claimed(alpha: Host) -> None:
    content = gather_content(wanted_of(ask(alpha, after=-60)))
    assert content.figures.score is None
    assert all(control.status == "unknown" for control in content.controls)


@pytest.mark.long
def test_a_group_names_the_hosts_that_it_does_not_cover(alpha: Host) -> None:
    machine("beta")
    report = ask(alpha.group, language="fr")
    content = gather_content(wanted_of(report))
    assert [host.name for host in content.hosts] == ["alpha", "beta"]
    assert "never_seen" in {line.why for line in content.uncovered if line.host == "beta"}
    assert content.figures.hosts == 2
    assert content.figures.judged_hosts == 1
    produce_report(report=report.pk)
    assert "Jamais vu" in text_of(report)


def test_what_else_runs_containers_is_named_as_not_judged() -> None:
    board = machine("gamma")
    seen = board.look([container("web")], at=minute(0))
    host = msgspec.structs.replace(
        seen.facts.Host, OtherRuntimes=[OtherRuntime(Name="Incus", Evidence="/opt/incus/bin/incusd")]
    )
    facts = msgspec.structs.replace(seen.facts, Host=host)
    board.deliver(board.told_anew(seen, facts=facts, digest=facts_digest(facts)))
    board.advance(now=minute(1))
    content = gather_content(wanted_of(ask(Host.objects.get(name="gamma"), after=2)))
    named = [(line.source, line.detail) for line in content.uncovered if line.why == "other_runtime"]
    assert named == [("Incus", "/opt/incus/bin/incusd")]


def test_making_a_report_twice_changes_nothing(alpha: Host) -> None:
    report = ask(alpha)
    make_report(str(report.pk))
    first = Report.objects.values("digest", "finished_at").get(pk=report.pk)
    make_report(str(report.pk))
    fail_report(report=report.pk, problem="late news")
    assert Report.objects.values("digest", "finished_at").get(pk=report.pk) == first


def test_what_goes_wrong_is_told(alpha: Host) -> None:
    report = ask(alpha)
    Report.objects.filter(pk=report.pk).update(edition="withdrawn-edition")
    produce_report(report=report.pk)
    report.refresh_from_db()
    assert report.state == ReportState.FAILED
    assert "withdrawn-edition" in report.problem
    other = ask(alpha)
    ReportTask().on_failure(RuntimeError("x"), "id", (str(other.pk),), {}, None)
    other.refresh_from_db()
    assert (other.state, other.problem) == (ReportState.FAILED, INTERNAL)


def test_asking_is_recorded_and_checked(alpha: Host) -> None:
    report = ask(alpha)
    entry = AuditEntry.objects.get(action="report.created")
    assert (entry.actor, entry.subject, entry.details["report"]) == ("alice", "alpha", str(report.pk))
    with pytest.raises(UnknownEdition):
        request_report(subject=alpha, edition="none", as_of=minute(0), language="en", actor="alice")
    future = request_report(
        subject=alpha, edition=EDITION, as_of=minute(0) + timedelta(days=36_500), language="fr-FR", actor="alice"
    )
    assert future.as_of == future.created_at
    assert future.language == "fr"


def test_the_command_writes_the_file(alpha: Host, tmp_path: Path) -> None:
    output = tmp_path / "alpha.pdf"
    call_command("report", host="alpha", as_of="2026-03-01T08:30Z", language="fr", output=output, verbosity=0)
    pages = pypdf.PdfReader(output).pages
    assert "1 mars 2026 08:30 (UTC+00:00)" in " ".join(pages[0].extract_text().split())
    with pytest.raises(CommandError, match="There is no host nobody"):
        call_command("report", host="nobody", output=output)
    with pytest.raises(CommandError, match="is no moment"):
        call_command("report", host="alpha", as_of="yesterday", output=output)
    with pytest.raises(CommandError, match="could not be written"):
        call_command("report", host="alpha", output=tmp_path / "missing" / "a.pdf")
