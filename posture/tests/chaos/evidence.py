"""What a run leaves behind, for a person to find out why: journals, logs, the server's rows and both ledgers."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from django.db import connection

from posture.tests.chaos.fleet import Life

# What the server knows of each number. Ledgers are dumps of their own.
TABLES = {
    "installations": "SELECT h.name, i.* FROM fleet_installation i JOIN fleet_host h ON h.id = i.host_id ORDER BY 1",
    "snapshots": """
        SELECT h.name, s.sequence, s.effective_at, s.received_at, s.estimated, s.facts_id
        FROM fleet_snapshot s JOIN fleet_host h ON h.id = s.host_id ORDER BY 1, 2""",
    "spans": """
        SELECT h.name, s.first_sequence, s.last_sequence, s.from_at, s.to_at, s.digest
        FROM fleet_presencespan s JOIN fleet_host h ON h.id = s.host_id ORDER BY 1, 2""",
    "dropped": """
        SELECT h.name, s.first, s.last, s.from_at, s.to_at, s.received_at, s.digest
        FROM fleet_droppedrange s JOIN fleet_host h ON h.id = s.host_id ORDER BY 1, 2""",
    "cursors": """
        SELECT h.name, c.at, c.valid_until, c.rewind_to, c.pending, c.revision
        FROM fleet_cursor c JOIN fleet_host h ON h.id = c.host_id ORDER BY 1""",
}


def keep_server(folder: Path) -> None:
    """Write down what the server knows, before it is taken away for the calm fold."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, query in TABLES.items():
        with connection.cursor() as cursor:
            cursor.execute(query)
            keep_lines(folder / name, ("\t".join(map(str, row)) for row in cursor.fetchall()))


def keep_agents(folder: Path, lives: Iterable[Life]) -> None:
    """Copy what the agents wrote: the test's journal and their own log."""
    for life in lives:
        for name in ("journal", "log"):
            if (life.folder / name).exists():
                shutil.copy(life.folder / name, folder / f"{life.name}.{name}")


def keep_lines(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
