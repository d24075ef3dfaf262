"""What a report needs beyond the pages' queries: scores of any edition, rulesets, the facts that were judged."""

import gzip
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from posture.fleet.models import Host, Ruleset, Snapshot
from posture.fleet.queries.interval import FINDINGS, SCORES, begun, covering
from posture.fleet.queries.scope import Scope
from posture.fleet.queries.standing import COLUMNS, Standing


@dataclass(frozen=True, slots=True)
class EditionScore:
    """The score of one host for one edition, and the ruleset that judged (its row)."""

    host: uuid.UUID
    ruleset: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class JudgedFacts:
    """The facts that held at a moment: canonical JSON, and when they were first observed."""

    host: uuid.UUID
    digest: str
    observed_at: datetime
    body: bytes


def edition_scores(*, scope: Scope, edition: str, at: datetime) -> dict[uuid.UUID, EditionScore]:
    """The scores of a scope's hosts for an edition at a moment, by host. Two statements.

    A host judged by two rulesets at that moment is shown under the one that was assigned last.
    """
    hosts = scope.hosts_at(at=at).values("pk")
    current, closed = SCORES
    rows: list[Any] = list(current.objects.filter(begun(at=at), edition=edition, host__in=hosts))
    rows += closed.objects.filter(covering(at=at), edition=edition, host__in=hosts)
    found: dict[uuid.UUID, EditionScore] = {}
    for row in sorted(rows, key=lambda row: row.ruleset_id):
        standing = Standing(**{name: getattr(row, name) for name in COLUMNS})
        found[row.host_id] = EditionScore(row.host_id, row.ruleset_id, standing)
    return found


def ruleset_digests(*, rulesets: set[int]) -> tuple[str, ...]:
    """The digests of rulesets, sorted."""
    return tuple(sorted(Ruleset.objects.filter(pk__in=rulesets).values_list("digest", flat=True)))


def facts_at(*, scope: Scope, at: datetime, hosts: set[uuid.UUID] | None = None) -> Iterator[JudgedFacts]:
    """The facts of each host of a scope at a moment; a host without any is left out. One statement, read in pieces."""
    wanted = scope.hosts_at(at=at)
    if hosts is not None:
        wanted = wanted.filter(pk__in=hosts)
    rows = (
        Snapshot.objects.filter(host__in=wanted.values("pk"), effective_at__lte=at)
        .order_by("host_id", "-effective_at")
        .distinct("host_id")
        .values_list("host_id", "facts_id", "effective_at", "facts__body")
    )
    for host, digest, observed_at, body in rows.iterator(chunk_size=20):
        yield JudgedFacts(host, digest, observed_at, gzip.decompress(bytes(body)))


def find_hosts(*, name: str) -> list[Host]:
    """The hosts of this name, or the one with this id, with their groups."""
    try:
        wanted = Q(pk=uuid.UUID(name))
    except ValueError:
        wanted = Q(name=name)
    return list(Host.objects.filter(wanted).select_related("group").order_by("created_at"))


@dataclass(slots=True)
class FindingGroup:
    """Findings of one check on one host that say the same, with the resources they are about.

    ``evidence``: (fact, seen, wanted); ``since_at``: when the first of them last began not to pass; ``first_key``: the
    key of one of them.
    """

    check_key: str
    host_id: uuid.UUID
    host: str
    kind: str
    status: str
    reason: str
    evidence: tuple[tuple[str, str, str], ...]
    since_at: datetime
    first_key: str
    resources: list[str]


def grouped_findings(*, scope: Scope, checks: set[str], at: datetime) -> list[FindingGroup]:
    """The findings of some checks at a moment, those that say the same put together. Two statements, read in pieces."""
    columns = (
        "check_key",
        "host_id",
        "host__name",
        "resource__kind",
        "status",
        "reason",
        "evidence",
        "since_at",
        "resource__key",
        "resource__name",
    )
    hosts = scope.hosts_at(at=at).values("pk")
    current, closed = FINDINGS
    found: dict[tuple[object, ...], FindingGroup] = {}
    for rows in (
        current.objects.filter(begun(at=at), host__in=hosts, check_key__in=checks),
        closed.objects.filter(covering(at=at), host__in=hosts, check_key__in=checks),
    ):
        for check, host_id, host, kind, status, reason, evidence, since, key, name in rows.values_list(
            *columns
        ).iterator():
            facts = tuple((fact, seen, wanted) for fact, seen, wanted in evidence)
            new = FindingGroup(check, host_id, host, kind, status, reason, facts, since, key, [])
            group = found.setdefault((check, host_id, kind, status, reason, facts), new)
            group.resources.append(name)
            group.since_at = min(group.since_at, since)
            group.first_key = min(group.first_key, key)
    for group in found.values():
        group.resources.sort()
    return sorted(found.values(), key=lambda group: (group.check_key, group.status, group.host, group.first_key))
