"""A fleet in rows, for tests of queries and pages: judged by real rules, with findings, changes and gaps."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.db.models import Model
from django.utils import timezone
from psycopg2.extras import Json

from posture.evaluation import catalogue
from posture.evaluation.ruleset import Ruleset as Judging
from posture.evaluation.ruleset import build
from posture.evaluation.verdict import WEIGHTS, Severity
from posture.fleet.models import (
    Account,
    ClosedCheckState,
    ClosedFinding,
    ClosedScore,
    Cursor,
    Engine,
    EnrolmentKey,
    Group,
    Host,
    HostState,
    Installation,
    OpenCheckState,
    OpenFinding,
    OpenScore,
    PresenceSpan,
    Resource,
    Role,
    Ruleset,
    RulesetAssignment,
    RulesetControl,
)

EDITION = "cis-docker-1.6.0"
PASSWORD = "a long enough password"


def make_account(role: Role, name: str = "") -> Account:
    """A person of a role, who was here a minute ago."""
    now = timezone.now()
    account = Account(
        username=name or role.value, role=role, last_visit_at=now, previous_visit_at=now - timedelta(days=2)
    )
    account.password = hashed()
    account.save()
    return account


@lru_cache(maxsize=1)
def hashed() -> str:
    """The hash of ``PASSWORD``, computed once: Argon2 is slow on purpose."""
    return make_password(PASSWORD)


@lru_cache(maxsize=4)
def judging(edition: str) -> Judging:
    """What judges by one edition alone."""
    return build(catalogue.load(), parameters={}, editions=[edition])


def make_ruleset(digest: str = "sha256:" + "1" * 64, *, edition: str = EDITION) -> Ruleset:
    """A ruleset row with the controls of one edition; its body is not read by pages."""
    row, made = Ruleset.objects.get_or_create(digest=digest, defaults={"body": {}, "created_at": timezone.now()})
    if made:
        controls = judging(edition).editions[edition]
        RulesetControl.objects.bulk_create(
            RulesetControl(ruleset=row, edition=edition, number=number, check_key=key)
            for number, key in controls.items()
        )
    return row


def make_group(name: str = "Fleet", *, edition: str = EDITION) -> Group:
    """A group that one edition judges, and no other."""
    wanted = {"primary_edition": edition, "editions": []}
    return Group.objects.get_or_create(name=name, parent=None, defaults=wanted)[0]


def make_host(name: str, *, group: Group | None = None, state: HostState = HostState.REPORTING, days: int = 30) -> Host:
    """A host known for some days, with an installation, an engine and its presence."""
    now = timezone.now()
    start = now - timedelta(days=days)
    host = Host.objects.create(
        name=name,
        group=group or make_group(),
        state=state,
        board="ODROID-XU4",
        architecture="armv7l",
        kernel="5.4.228",
        operating_system="Debian GNU/Linux 12 (bookworm)",
        engine_version="20.10.24",
        agent_version="0.1.0",
        container_count=3,
        created_at=start,
        first_seen_at=start,
        last_seen_at=now - timedelta(minutes=2),
    )
    enrol_host(host)
    RulesetAssignment.objects.create(host=host, ruleset=make_ruleset(), from_at=start - timedelta(days=1))
    Cursor.objects.create(host=host, at=now, revision=1)
    return host


def enrol_host(host: Host) -> None:
    """Its key, installation and engine, and a presence without a gap."""
    now, start = timezone.now(), host.created_at
    key = EnrolmentKey.objects.create(
        prefix="pek_abcde",
        digest=uuid.uuid4().hex,
        group=host.group,
        use_limit=1,
        used=1,
        created_at=start,
        created_by="admin",
        expires_at=now + timedelta(days=1),
    )
    installation = Installation.objects.create(
        host=host, token_digest=uuid.uuid4().hex, enrolment_key=key, enrolled_at=start, last_received_at=now
    )
    Engine.objects.create(
        host=host, key="docker", kind="docker", version="20.10.24", endpoint="unix:///run/docker.sock"
    )
    PresenceSpan.objects.create(
        host=host,
        installation=installation,
        digest="sha256:" + "0" * 64,
        from_at=start,
        to_at=now - timedelta(minutes=2),
        first_sequence=1,
        last_sequence=9,
    )


def make_resource(host: Host, name: str, *, kind: str = "container", at: datetime | None = None) -> Resource:
    """A resource, there since ``at`` (the host's beginning when left out)."""
    since = at or host.created_at
    return Resource.objects.create(
        host=host, kind=kind, key=f"docker/{kind}/name:{name}", name=name[:256], engine="docker", first_seen_at=since
    )


@dataclass(frozen=True)
class Verdicts:
    """What one judgement said: failing and unreadable resources by check; everything else passes on one resource."""

    failing: Mapping[str, Sequence[Resource]]
    unknown: Mapping[str, Sequence[Resource]]


def judge(
    host: Host,
    failing: Mapping[str, Sequence[Resource]],
    *,
    at: datetime,
    unknown: Mapping[str, Sequence[Resource]] | None = None,
    ruleset: Ruleset | None = None,
    gone: Sequence[Resource] = (),
) -> None:
    """Write one judgement as the ledger would: only what differs, intervals closed and opened at ``at``."""
    row = ruleset or make_ruleset()
    verdicts = Verdicts(failing, unknown or {})
    Resource.objects.filter(pk__in=[one.pk for one in gone]).update(gone_at=at)
    write_findings(host, verdicts, at, row, {one.pk for one in gone})
    write_states(host, verdicts, at, row)
    Cursor.objects.filter(host=host).update(at=at, revision=Cursor.objects.get(host=host).revision + 1)


def write_findings(host: Host, verdicts: Verdicts, at: datetime, row: Ruleset, gone: set[int]) -> None:
    wanted = {
        (check, one.pk): status
        for status, found in (("fail", verdicts.failing), ("unknown", verdicts.unknown))
        for check, resources in found.items()
        for one in resources
    }
    there = {(one.check_key, one.resource_id): one for one in OpenFinding.objects.filter(host=host)}
    for key, finding in there.items():
        if wanted.get(key) != finding.status or finding.ruleset_id != row.pk:
            ended = "gone" if finding.resource_id in gone else "changed" if key in wanted else "passed"
            close(finding, ClosedFinding, at, ended="ruleset" if finding.ruleset_id != row.pk else ended)
        else:
            del wanted[key]
    for (check, resource), status in wanted.items():
        before = there.get((check, resource))
        OpenFinding.objects.create(
            host=host,
            ruleset=row,
            resource_id=resource,
            check_key=check,
            status=status,
            reason="not_permitted" if status == "unknown" else "",
            evidence=[["HostConfig.Memory", "0", "> 0"]],
            from_at=at,
            since_at=before.since_at if before else at,
        )


def write_states(host: Host, verdicts: Verdicts, at: datetime, row: Ruleset) -> None:
    earned, weight, criticals, statuses = Fraction(0), 0, 0, {"pass": 0, "fail": 0, "unknown": 0, "manual": 0}
    wanted: dict[str, dict[str, Any]] = {}
    for key, check in judging(EDITION).checks.items():
        rule = check.rule
        failed, unknown = len(verdicts.failing.get(key, ())), len(verdicts.unknown.get(key, ()))
        status = "manual" if rule.manual else "fail" if failed else "unknown" if unknown else "pass"
        statuses[status] += 1
        counts = {"passed": 1, "failed": failed, "unknown": unknown, "not_applicable": 0}
        if status != "manual":
            total = 1 + failed + unknown
            critical = rule.severity is Severity.CRITICAL
            weight += WEIGHTS[rule.severity]
            earned += WEIGHTS[rule.severity] * (Fraction(0) if critical and total > 1 else Fraction(1, total))
            criticals += critical and failed > 0
        wanted[key] = {"status": status, **counts}
    write_state_rows(host, wanted, at, row)
    values = {
        "numerator": earned.numerator,
        "denominator": earned.denominator,
        "weight": weight,
        "score": float(100 * earned / weight),
        "coverage": 0.9,
        "open_criticals": criticals,
        "failed": statuses["fail"],
        "unknown": statuses["unknown"],
        "manual": statuses["manual"],
        "passed": statuses["pass"],
        "not_applicable": 0,
    }
    for score in OpenScore.objects.filter(host=host):
        close(score, ClosedScore, at)
    OpenScore.objects.create(host=host, ruleset=row, edition=EDITION, from_at=at, **values)


def write_state_rows(host: Host, wanted: Mapping[str, Mapping[str, Any]], at: datetime, row: Ruleset) -> None:
    """Close the states that differ and open the new ones."""
    fresh = dict(wanted)
    for before in OpenCheckState.objects.filter(host=host):
        values = wanted[before.check_key]
        if before.ruleset_id == row.pk and all(getattr(before, name) == value for name, value in values.items()):
            del fresh[before.check_key]
        else:
            close(before, ClosedCheckState, at)
    OpenCheckState.objects.bulk_create(
        OpenCheckState(host=host, ruleset=row, check_key=check, from_at=at, **values) for check, values in fresh.items()
    )


def close(row: OpenFinding | OpenScore | OpenCheckState, closed: type[Model], at: datetime, **more: str) -> None:
    """Move an open row to its closed table; the partitioned table numbers its rows by itself."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if field.name != "id"}
    names = [*values, "to_at", *more]
    table = closed._meta.db_table
    holes = ", ".join(["%s"] * len(names))
    parameters = [*values.values(), at, *more.values()]
    with connection.cursor() as cursor:
        adapted: list[Any] = [Json(value) if isinstance(value, list) else value for value in parameters]
        cursor.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({holes})", adapted)  # noqa: S608 - our own table and column names
    row.delete()


def make_fleet(size: int, *, group: Group | None = None) -> list[Host]:
    """Hosts with three containers each, findings, one fix and one break within the last week."""
    now = timezone.now()
    hosts = []
    for number in range(size):
        host = make_host(f"host-{number:03}", group=group)
        web, db, tmp = (make_resource(host, name) for name in ("web", "db", f"tmp-{number}"))
        first = {"container-memory-limit": [web, db], "container-not-privileged": [tmp], "container-pids-limit": [web]}
        judge(host, first, at=host.created_at, unknown={"container-no-sshd": [db]})
        second = {"container-memory-limit": [web], "container-pids-limit": [web, db]}
        judge(host, second, at=now - timedelta(days=2), unknown={"container-no-sshd": [db]}, gone=[tmp])
        hosts.append(host)
    return hosts
