"""``manage.py reseal``: after a new first key in POSTURE_ENCRYPTION_KEY; afterwards the old one can go."""

from django.core.management.base import BaseCommand, CommandError

from posture.fleet.services.resealing import reseal
from posture.fleet.services.sealing import Unsealable


class Command(BaseCommand):
    help = (
        "Seals kept secrets again with the first key of POSTURE_ENCRYPTION_KEY; the others are not needed afterwards."
    )

    def handle(self, *args: object, **options: object) -> None:
        try:
            count = reseal()
        except Unsealable as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        self.stdout.write(f"{count} secrets are sealed with the newest key.")
