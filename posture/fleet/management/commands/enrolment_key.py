"""`manage.py enrolment_key`: a key that lets agents in; the secret is the last line printed, and is shown once."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from posture.fleet.services.audit import COMMAND_LINE
from posture.fleet.services.enrolment_keys import create_enrolment_key
from posture.fleet.services.groups import DEFAULT_NAME, get_or_create_group

LOCAL_LIFETIME = timedelta(minutes=15)


class Command(BaseCommand):
    help = "Prints a new enrolment key."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--group", default=DEFAULT_NAME, help="group of the hosts it lets in; made where needed")
        parser.add_argument("--uses", type=int, default=1, help="how many hosts it lets in (default 1)")
        parser.add_argument("--days", type=int, default=1, help="how long it is good (default 1)")
        parser.add_argument("--local", action="store_true", help="for this machine's own agent: once, 15 minutes")

    def handle(self, *args: Any, **options: Any) -> None:
        local = options["local"]
        try:
            _key, secret = create_enrolment_key(
                group=get_or_create_group(name=options["group"]),
                actor=COMMAND_LINE,
                uses=1 if local else options["uses"],
                lifetime=LOCAL_LIFETIME if local else timedelta(days=options["days"]),
                name="this machine's agent" if local else "",
            )
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(secret)
