"""`manage.py assign_rulesets`: after an update, hosts are judged by the new rules from now on."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from posture.fleet.services.groups import get_or_create_group
from posture.fleet.services.rulesets import assign_rulesets


class Command(BaseCommand):
    help = "Gives every host the ruleset of this product's rules and the operator's parameters, from now on."

    def handle(self, *args: object, **options: object) -> None:
        get_or_create_group()
        changed = assign_rulesets(now=timezone.now())
        if changed:
            self.stdout.write(f"{len(changed)} hosts are judged by other rules from now on.")
