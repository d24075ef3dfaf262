"""The web container: brings the database to the state that this version expects, then becomes gunicorn."""

import os

import django
from django.core.management import call_command
from django.db import connection

SERVER = ("gunicorn", "--config", "posture/launch/gunicorn_conf.py", "posture.wsgi")
# Two web containers that start together take turns; any number will do that nobody else uses.
TURN = 7_041_001


def prepare() -> None:
    """Migrations, rulesets and, the first time, the administrator, whose password this container's log shows once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [TURN])
        call_command("migrate", interactive=False, verbosity=1)
        call_command("assign_rulesets")
        call_command("create_first_administrator")
        cursor.execute("SELECT pg_advisory_unlock(%s)", [TURN])


def main() -> None:
    """Prepare, then give this process to the server."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posture.settings")
    django.setup()
    prepare()
    connection.close()
    os.execvp(SERVER[0], SERVER)  # noqa: S606 - a fixed command, no shell


if __name__ == "__main__":
    main()
