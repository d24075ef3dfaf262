"""Reads of the machines that this server reaches, for the pages."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils.functional import Promise

from posture.fleet.models import Reach, RemoteRun, RunKind, RunState, SshKey
from posture.fleet.queries.paging import PAGE_SIZE, Page, window
from posture.remote.host_keys import file_of, fingerprint_of, kind_of
from posture.remote.problems import PROBLEMS, Problem
from posture.remote.steps import RESULTS, STEPS

RUNS_SHOWN = 20
VISITS: Mapping[str, Q] = {
    "regular": Q(scheduled=True),
    "asked": Q(scheduled=False),
    "failed": Q(outcome=RunState.FAILED),
}


@dataclass(frozen=True, slots=True)
class ReachFilter:
    """What the list is narrowed to. ``visits``: a key of VISITS; empty texts narrow nothing."""

    text: str = ""
    visits: str = ""

    def condition(self) -> Q:
        """As a condition on machines with their newest visit."""
        fits = VISITS.get(self.visits, Q())
        if self.text:
            fits &= Q(name__icontains=self.text) | Q(address__icontains=self.text) | Q(group__name__icontains=self.text)
        return fits


@dataclass(frozen=True, slots=True)
class Line:
    """A machine with its newest visit."""

    reach: Reach
    run: RemoteRun | None
    problem: Problem | None

    @property
    def result(self) -> Promise | str:
        """How the visit stands, in words; of a roll-out the name of its state."""
        if self.run is None:
            return ""
        known = RESULTS if self.run.kind == RunKind.COLLECT else {}
        return known.get(self.run.state) or self.run.get_state_display()

    @property
    def open(self) -> bool:
        """Whether a visit waits or is under way."""
        return self.run is not None and self.run.state in (RunState.WAITING, RunState.RUNNING)

    @property
    def step(self) -> Promise | str:
        """How far a visit has come that is under way."""
        under_way = self.run is not None and self.run.state == RunState.RUNNING
        return STEPS.get(self.run.step, "") if self.run is not None and under_way else ""


@dataclass(frozen=True, slots=True)
class KeyQuestion:
    """A host key that a person has to decide about; ``approved`` is empty where none was before, ``file`` is where the
    machine has it."""

    reach: Reach
    kind: str
    file: str
    fingerprint: str
    approved: str


def problem_of(run: RemoteRun | None) -> Problem | None:
    """What is wrong with a visit, and what to do."""
    return PROBLEMS.get(run.problem) if run is not None and run.state == RunState.FAILED else None


def reaches() -> QuerySet[Reach]:
    """Every machine by name, with what the pages show of it."""
    return Reach.objects.select_related("group", "host", "key", "jump").order_by("name")


def list_lines(*, wanted: ReachFilter, number: int = 1, size: int = PAGE_SIZE) -> Page[Line]:
    """A page of the machines by name, each with its newest visit. Three statements."""
    newest = RemoteRun.objects.filter(reach=OuterRef("pk"), kind=RunKind.COLLECT).order_by("-created_at", "-pk")[:1]
    fitting = reaches().annotate(newest=Subquery(newest.values("pk")), outcome=Subquery(newest.values("state")))
    fitting = fitting.filter(wanted.condition())
    total = fitting.count()
    number = min(max(number, 1), max(1, -(-total // size)))
    found = list(fitting[window(number=number, size=size)])
    runs = RemoteRun.objects.in_bulk([one.newest for one in found if one.newest is not None])
    rows = [Line(one, runs.get(one.newest), problem_of(runs.get(one.newest))) for one in found]
    return Page(rows=rows, number=number, total=total, size=size)


def key_questions() -> list[KeyQuestion]:
    """Host keys that wait for a person, the oldest first."""
    return [question_of(reach) for reach in reaches().exclude(offered_key="").order_by("offered_at", "name")]


def question_of(reach: Reach) -> KeyQuestion:
    """The question that a machine's offered key puts."""
    approved = fingerprint_of(reach.host_key)
    offered = reach.offered_key
    return KeyQuestion(reach, kind_of(offered), file_of(offered), fingerprint_of(offered), approved)


def list_runs(*, reach: Reach) -> list[Line]:
    """The newest visits to one machine."""
    return [Line(reach, run, problem_of(run)) for run in reach.runs.order_by("-created_at", "-pk")[:RUNS_SHOWN]]


def list_keys() -> QuerySet[SshKey]:
    """The server's key pairs, with how many machines use each."""
    return SshKey.objects.annotate(uses=Count("reaches")).order_by("name")
