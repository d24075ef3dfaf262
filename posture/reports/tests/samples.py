"""A report's content made by hand, for tests of its printing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from posture.reports.content import (
    STATUSES,
    Content,
    Control,
    EvidenceRow,
    Figures,
    FixStep,
    Frame,
    HostLine,
    Remediation,
    SectionLine,
    Silence,
    Subject,
    Term,
    Trend,
    TrendPoint,
    Uncovered,
)

AS_OF = datetime(2026, 3, 10, 7, 30, tzinfo=UTC)
HOSTILE = '#import "/etc/passwd" *strong* $x^2$ <b> \\ 中 \u202e\x07'
FIRST = AS_OF - timedelta(days=90)


def evidence(number: int, *, host: str = "alpha", seen: str = "0") -> EvidenceRow:
    facts = (("HostConfig.Memory", seen, "> 0"),)
    return EvidenceRow(host, "container", (f"web-{number}",), "fail", "", facts, FIRST + timedelta(days=number % 80))


def control(number: str, status: str, rows: tuple[EvidenceRow, ...] = ()) -> Control:
    steps = (
        FixStep("compose", "services:\n  web:\n    mem_limit: 512m", "docker compose up --detach web", "Merge it."),
    )
    remediation = Remediation("recreate", "It may be killed.", steps, "web-1") if status == "fail" else None
    return Control(
        number=number,
        section=number.partition(".")[0],
        title=f"Rule {number}",
        severity="critical" if status == "fail" else "medium",
        status=status,
        reason="needs_parameter" if status == "manual" else "",
        why="Without it things go wrong.",
        passed=3,
        failed=len(rows),
        unknown=0,
        hosts={status: 1},
        evidence=rows,
        remediation=remediation,
    )


def content(*, language: str = "en", kind: str = "host", rows: int = 3) -> Content:
    """A small report; ``rows`` of evidence stand under control 5.1."""
    hosts = (HostLine("alpha", "ODROID-XU4", "docker 24.0.9", "reporting", "weak", 61.4, 0.87, 1, AS_OF),)
    found = tuple(
        evidence(at, host=f"host-{at}" if kind == "group" else "alpha", seen=str(at) if kind == "group" else HOSTILE)
        for at in range(rows)
    )
    if kind == "host":
        found = tuple(replace(row, resources=(f"web-{at}", f"api-{at}")) for at, row in enumerate(found))
    controls = (
        control("2.1", "pass"),
        control("5.1", "fail", found),
        *(control(f"5.{n}", STATUSES[n]) for n in (2, 4)),
    )
    points = tuple(TrendPoint(FIRST + timedelta(days=day), 40.0 + day / 3, 0.9) for day in range(0, 90, 5))
    silence = Silence(FIRST + timedelta(days=30), FIRST + timedelta(days=33), planned=False)
    return Content(
        subject=Subject(kind, "Lyon – ateliers" if kind == "group" else "alpha", True, (("board", HOSTILE),)),
        frame=frame(language),
        figures=Figures(61.4, "weak", 0.87, 1, 2, 1),
        sections=(SectionLine("2", "Engine", {"pass": 1}), SectionLine("5", "Containers", {"fail": 1, "manual": 1})),
        controls=controls,
        trend=Trend(FIRST, AS_OF, points, (silence,)),
        hosts=hosts if kind == "group" else (),
        uncovered=(
            Uncovered("beta", "silent", since=AS_OF - timedelta(days=5)),
            Uncovered("gamma", "unread", "docker.containers", "not_permitted", "Grant access."),
            Uncovered("gamma", "other_runtime", "LXC", detail="/var/lib/lxc"),
        ),
        terms=(
            Term(("5.1",), "Memory", "A limit alone", "set", 1, is_policy=True),
            Term(("5.1", "5.2"), "Approved ports", (HOSTILE, "443"), "default", 1),
        ),
    )


def frame(language: str) -> Frame:
    return Frame(
        edition="cis-docker-1.6.0",
        edition_title="CIS Docker Benchmark 1.6.0",
        as_of=AS_OF,
        zone="Europe/Paris",
        made_at=AS_OF + timedelta(hours=1),
        made_by="alice",
        rulesets=("sha256:" + "ab" * 32,),
        product_version="0.1.0",
        language=language,
    )
