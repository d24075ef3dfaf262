"""Partitions of the closed intervals, one a month."""

from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from psycopg2 import sql

TABLES = ("fleet_closedcheckstate", "fleet_closedfinding", "fleet_closedscore")
AHEAD = 3


@transaction.atomic
def make_partitions(*, now: datetime) -> list[str]:
    """Make the partitions of this month, of the next ones, and of months whose rows lie in the default partition.

    Rows that wait in the default partition move. Gives the names of the tables made; a second call makes none.
    """
    made = []
    for table in TABLES:
        months = {later_month(first_of_month(now), count) for count in range(AHEAD + 1)}
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [table])
            default = sql.Identifier(f"{table}_default")
            cursor.execute(
                sql.SQL("SELECT DISTINCT date_trunc('month', to_at AT TIME ZONE 'UTC') FROM {}").format(default)
            )
            months |= {row[0].replace(tzinfo=UTC) for row in cursor.fetchall()}
        made += [name for month in sorted(months) if (name := make_partition(table, month))]
    return made


def make_partition(table: str, month: datetime) -> str | None:
    """One partition, or None where it exists. Its rows move before it is attached: the default may not hold them."""
    name = f"{table}_{month:%Y_%m}"
    names = {
        "parent": sql.Identifier(table),
        "default": sql.Identifier(f"{table}_default"),
        "name": sql.Identifier(name),
    }
    bounds = {"first": month, "after": later_month(month, 1)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [name])
        if cursor.fetchone()[0] is not None:
            return None
        for statement in (
            "CREATE TABLE {name} (LIKE {parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
            """WITH moved AS (DELETE FROM {default} WHERE to_at >= %(first)s AND to_at < %(after)s RETURNING *)
               INSERT INTO {name} SELECT * FROM moved""",
            "ALTER TABLE {parent} ATTACH PARTITION {name} FOR VALUES FROM (%(first)s) TO (%(after)s)",
        ):
            cursor.execute(sql.SQL(statement).format(**names), bounds)
    return name


def first_of_month(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def later_month(month: datetime, count: int) -> datetime:
    """The first moment of the month ``count`` months after."""
    for _step in range(count):
        month = first_of_month(month + timedelta(days=32))
    return month
