"""Closed intervals, partitioned by the month of their end, and an audit log that can only grow.

Ids come from sequences: identity columns on partitioned tables need PostgreSQL 17, and Debian 12 has 15. The first
partition is the default one, the service ``make_partitions`` adds those of the months. No foreign keys: the fold is the
only writer, see ``models/interval.py``.
"""

from django.db import migrations

COMMON = """
    id bigint NOT NULL DEFAULT nextval('{table}_id_seq'),
    host_id uuid NOT NULL,
    ruleset_id bigint NOT NULL,
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL CHECK (to_at > from_at),
"""
CHECK_STATE = """
    check_key varchar(120) NOT NULL,
    status varchar(16) NOT NULL,
    reason varchar(32) NOT NULL DEFAULT '',
    passed integer NOT NULL CHECK (passed >= 0),
    failed integer NOT NULL CHECK (failed >= 0),
    unknown integer NOT NULL CHECK (unknown >= 0),
    not_applicable integer NOT NULL CHECK (not_applicable >= 0),
"""
FINDING = """
    resource_id bigint NOT NULL,
    check_key varchar(120) NOT NULL,
    status varchar(16) NOT NULL,
    reason varchar(32) NOT NULL DEFAULT '',
    evidence jsonb NOT NULL,
    since_at timestamptz NOT NULL,
    ended varchar(16) NOT NULL CHECK (ended IN ('passed', 'gone', 'changed', 'ruleset')),
"""
SCORE = """
    edition varchar(64) NOT NULL,
    numerator numeric(60, 0) NOT NULL,
    denominator numeric(60, 0) NOT NULL CHECK (denominator > 0),
    weight integer NOT NULL CHECK (weight >= 0),
    score double precision,
    coverage double precision NOT NULL,
    open_criticals integer NOT NULL CHECK (open_criticals >= 0),
    failed integer NOT NULL CHECK (failed >= 0),
    unknown integer NOT NULL CHECK (unknown >= 0),
    manual integer NOT NULL CHECK (manual >= 0),
    passed integer NOT NULL CHECK (passed >= 0),
    not_applicable integer NOT NULL CHECK (not_applicable >= 0),
"""
TABLE = """
CREATE SEQUENCE {table}_id_seq;
CREATE TABLE {table} ({columns} PRIMARY KEY (id, to_at)) PARTITION BY RANGE (to_at);
ALTER SEQUENCE {table}_id_seq OWNED BY {table}.id;
CREATE TABLE {table}_default PARTITION OF {table} DEFAULT;
CREATE INDEX {table}_host ON {table} (host_id, to_at);
"""
BY_CHECK = "CREATE INDEX {table}_check ON {table} (check_key, to_at);"

APPEND_ONLY = """
CREATE FUNCTION fleet_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log can only grow' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER fleet_auditentry_append_only BEFORE UPDATE OR DELETE ON fleet_auditentry
    FOR EACH ROW EXECUTE FUNCTION fleet_refuse_change();
"""
APPEND_ONLY_REVERSE = """
DROP TRIGGER fleet_auditentry_append_only ON fleet_auditentry;
DROP FUNCTION fleet_refuse_change();
"""
# Rows that every check-in writes keep room on their page, so that the new version lies beside the old one.
ROOM = "".join(
    f"ALTER TABLE {table} SET (fillfactor = 70);"
    for table in ("fleet_host", "fleet_installation", "fleet_presencespan", "fleet_cursor")
)
ROOM_REVERSE = ROOM.replace("SET (fillfactor = 70)", "RESET (fillfactor)")


def create(table: str, columns: str, *, by_check: bool) -> migrations.RunSQL:
    text = TABLE.replace("{columns}", COMMON + columns) + (BY_CHECK if by_check else "")
    return migrations.RunSQL(text.replace("{table}", table), f"DROP TABLE {table}")


class Migration(migrations.Migration):
    dependencies = [("fleet", "0002_lean_indexes")]

    operations = [
        create("fleet_closedcheckstate", CHECK_STATE, by_check=True),
        create("fleet_closedfinding", FINDING, by_check=True),
        create("fleet_closedscore", SCORE, by_check=False),
        migrations.RunSQL(APPEND_ONLY, APPEND_ONLY_REVERSE),
        migrations.RunSQL(ROOM, ROOM_REVERSE),
    ]
