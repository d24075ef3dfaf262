"""Both stores, as `python -m posture.launch.tests.stores VAR`: starts them, counts its own starts in each, ends them.

Prints one line of JSON: user, counts in both, seconds until both answered.
"""

import json
import os
import sys
import time
from pathlib import Path

import psycopg2
import redis

from posture.launch.account import server_account
from posture.launch.console import Console
from posture.launch.guardian import guard
from posture.launch.places import CHECKOUT, make_places
from posture.launch.port import free_port
from posture.launch.postgres import PROGRAMS, Postgres
from posture.launch.supervisor import Supervisor
from posture.launch.valkey import Valkey


def run(var: Path) -> int:
    account = server_account(CHECKOUT, var, PROGRAMS)
    places = make_places(var, account)
    begun = time.monotonic()
    with Supervisor(Console(sys.stderr)) as supervisor:
        postgres = Postgres(places.postgres, account, free_port())
        postgres.create(supervisor)
        postgres.start(supervisor)
        valkey = Valkey(places.valkey, account, free_port())
        valkey.start(supervisor)
        seconds = time.monotonic() - begun
        answer = {"user": os.geteuid(), "rows": count_rows(postgres.url), "keys": count_keys(valkey.url)}
        owner = Path(f"/proc/{postmaster(postgres)}").stat().st_uid
        print(json.dumps({**answer, "owner": owner, "seconds": seconds}), flush=True)
    return 0


def count_rows(url: str) -> int:
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS starts (at timestamptz)")
        cursor.execute("INSERT INTO starts VALUES (now())")
        cursor.execute("SELECT count(*) FROM starts")
        row = cursor.fetchone()
    connection.close()
    return int(row[0]) if row else 0


def count_keys(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(str(client.incr("starts")))


def postmaster(postgres: Postgres) -> int:
    return int((postgres.data / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])


if __name__ == "__main__":
    sys.exit(guard(lambda: run(Path(sys.argv[1]))))
