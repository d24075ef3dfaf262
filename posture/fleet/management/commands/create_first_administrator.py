"""`manage.py create_first_administrator`: the first account, with a password that is shown once."""

from typing import Any

from django.core.management.base import BaseCommand

from posture.fleet.models import Account, Role
from posture.fleet.services.accounts import create_account
from posture.fleet.services.audit import COMMAND_LINE

NAME = "admin"


class Command(BaseCommand):
    help = "Makes the account of the first administrator, where there is no account; prints nothing otherwise."

    def handle(self, *args: Any, **options: Any) -> None:
        if Account.objects.exists():
            return
        _account, password = create_account(actor=COMMAND_LINE, username=NAME, role=Role.ADMINISTRATOR, address=None)
        self.stdout.write(f"Sign in as:  {NAME}")
        self.stdout.write(f"Password:    {password}   (shown this once; the first sign-in asks for another)")
