"""The one-shot set-up container: migrations, first administrator, rulesets. Safe to run again."""

import os

import django
from django.core.management import call_command


def main() -> None:
    """Bring the database to the state that the other containers expect."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posture.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=1)
    call_command("create_first_administrator")
    call_command("assign_rulesets")


if __name__ == "__main__":
    main()
