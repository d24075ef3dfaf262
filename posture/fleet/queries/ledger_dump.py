"""The whole ledger as text, without ids: two ledgers say the same when their dumps are equal."""

from collections.abc import Iterator

from django.db import connection

JUDGED = "JOIN fleet_host h ON h.id = f.host_id JOIN fleet_ruleset s ON s.id = f.ruleset_id"
NAMED = f"{JUDGED} JOIN fleet_resource r ON r.id = f.resource_id"
FINDING = "s.digest, r.key, f.check_key, f.status, f.reason, f.evidence::text, f.from_at, f.since_at"
STATE = "s.digest, f.check_key, f.status, f.reason, f.passed, f.failed, f.unknown, f.not_applicable, f.from_at"
SCORE = (
    "s.digest, f.edition, f.numerator, f.denominator, f.weight, f.score, f.coverage, f.open_criticals, f.failed, "
    "f.unknown, f.manual, f.passed, f.not_applicable, f.from_at"
)
RESOURCE = "f.kind, f.key, f.name, f.engine, f.incarnation, f.first_seen_at, f.gone_at"
CURSOR = "s.digest, n.effective_at, n.facts_id, f.valid_until, f.rewind_to, f.pending"
# Name, columns, table and what is joined to it.
PARTS = (
    ("resource", RESOURCE, "fleet_resource f", "JOIN fleet_host h ON h.id = f.host_id"),
    ("cursor", CURSOR, "fleet_cursor f", f"{JUDGED} JOIN fleet_snapshot n ON n.id = f.snapshot_id"),
    ("open finding", FINDING, "fleet_openfinding f", NAMED),
    ("closed finding", f"{FINDING}, f.to_at, f.ended", "fleet_closedfinding f", NAMED),
    ("open state", STATE, "fleet_opencheckstate f", JUDGED),
    ("closed state", f"{STATE}, f.to_at", "fleet_closedcheckstate f", JUDGED),
    ("open score", SCORE, "fleet_openscore f", JUDGED),
    ("closed score", f"{SCORE}, f.to_at", "fleet_closedscore f", JUDGED),
)


def ledger_dump(*, hostname: str | None = None) -> str:
    """Every resource, cursor and interval of the fleet, or of the hosts with a name, one a line, sorted."""
    return "\n".join(dump_lines(hostname))


def dump_lines(hostname: str | None) -> Iterator[str]:
    for name, columns, table, joined in PARTS:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT h.hostname, {columns} FROM {table} {joined} WHERE %s IS NULL OR h.hostname = %s",  # noqa: S608 - our own names
                [hostname, hostname],
            )
            rows = sorted("\t".join(map(str, row)) for row in cursor.fetchall())
        yield from (f"{name}\t{row}" for row in rows)
