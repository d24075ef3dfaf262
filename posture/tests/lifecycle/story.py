"""One host's life on a real engine: the real agent over real HTTP, and the ledger after each of its looks."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket

from django.utils import timezone

from posture.evaluation.evaluate import evaluate
from posture.evaluation.verdict import Assessment
from posture.fleet.models import ClosedFinding, Cursor, Host, OpenScore
from posture.fleet.queries.findings import FindingRow, host_findings
from posture.fleet.services.advance import Advanced, advance
from posture.fleet.services.enrolment_keys import create_enrolment_key
from posture.fleet.services.observed import facts_at
from posture.fleet.services.rulesets import read_ruleset
from posture.fleet.tests.factories import make_group
from posture.tests.engine import TestEngine

ROOT = Path(__file__).resolve().parents[3]
EDITION = "cis-docker-1.6.0"

Cell = tuple[str, str]  # name of the resource, id of the rule


@dataclass(frozen=True)
class Look:
    """What the ledger says after one look of the agent."""

    at: datetime  # after this look, before the next
    findings: Mapping[Cell, FindingRow]
    score: Fraction
    judged: Mapping[Cell, str]  # status of every rule on every resource, passes too
    states: Mapping[str, tuple[object, ...]]  # by rule: status and counts of resources

    def of(self, name: str) -> set[str]:
        """Rules that one resource does not pass."""
        return {rule for resource, rule in self.findings if resource == name}


@dataclass(frozen=True)
class Story:
    """A host whose agent looks when the test says so."""

    engine: TestEngine
    folder: Path
    host: uuid.UUID

    def look(self) -> Look:
        """Let the agent look and deliver, and the ledger follow."""
        run_agent(self.folder, "send", "-H", self.engine.endpoint)
        assert advance(host=self.host, now=timezone.now()) is Advanced.DONE
        return self.now()

    def now(self) -> Look:
        """The ledger as it is."""
        at = timezone.now()
        rows = host_findings(host=self.host, at=None)
        score = OpenScore.objects.get(host=self.host, edition=EDITION)
        assessment = self.judge(at)
        return Look(
            at,
            {(row.resource_name, row.check_key): row for row in rows},
            Fraction(100 * int(score.numerator), int(score.denominator) * score.weight),
            {(one.resource.name, one.check): one.status.value for one in assessment.verdicts},
            {
                check: (one.status.value, one.passed, one.failed, one.unknown, one.not_applicable)
                for check, one in assessment.states.items()
            },
        )

    def judge(self, at: datetime) -> Assessment:
        """Every rule on every resource, passes too, from the facts that the ledger holds."""
        facts = facts_at(host=self.host, at=at)
        row = Cursor.objects.values_list("ruleset", flat=True).get(host=self.host)
        ruleset = None if row is None else read_ruleset(row)
        assert facts is not None
        assert ruleset is not None
        return evaluate(facts, ruleset, at, everything=True)

    def ended(self, name: str) -> dict[str, str]:
        """How the closed findings of a resource ended, by rule."""
        rows = ClosedFinding.objects.filter(host=self.host, resource__name=name).order_by("to_at")
        return dict(rows.values_list("check_key", "ended"))

    @contextmanager
    def refused(self) -> Iterator[None]:
        """The engine's socket refuses every call, as after a crash of the daemon; the containers run on."""
        aside = self.engine.socket.with_suffix(".aside")
        self.engine.socket.rename(aside)
        try:
            with socket(AF_UNIX, SOCK_STREAM) as closed:
                closed.bind(str(self.engine.socket))
            yield
        finally:
            aside.replace(self.engine.socket)


def begin(engine: TestEngine, folder: Path, url: str) -> Story:
    """Enrol a new host whose agent keeps its state in the folder."""
    _key, secret = create_enrolment_key(group=make_group(edition=EDITION), actor="test")
    run_agent(folder, "enrol", url, secret=secret)
    return Story(engine, folder, Host.objects.values_list("pk", flat=True).get())


def run_agent(folder: Path, *words: str, secret: str = "") -> None:
    """Run the agent's command line once, as a host does."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "POSTURE_ENROLMENT_KEY": secret}
    command = [sys.executable, "-m", "agents.posture_agent", *words, "--state", str(folder / "state")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
