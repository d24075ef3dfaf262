"""What must be there before the imaginary hosts come: their groups, enrolment keys and partitions."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from posture.fleet.models import Group
from posture.fleet.services.audit import COMMAND_LINE
from posture.fleet.services.choices import DEFAULT_EDITIONS
from posture.fleet.services.enrolment_keys import create_enrolment_key
from posture.fleet.services.partitions import TABLES, first_of_month, later_month, make_partition
from posture.fleet.services.rulesets import current_ruleset

MARK = "Demo · "
# Old boards are what the edition of 2016 was written for.
EDITIONS = {"Atelier ODROID": [*DEFAULT_EDITIONS, "cis-docker-1.11.0"]}


def is_there() -> bool:
    """Whether an imaginary fleet is there, whole or in part."""
    return Group.objects.filter(is_demo=True).exists()


@transaction.atomic
def found_groups(*, sizes: dict[str, int]) -> dict[str, str]:
    """A marked group of each name, and the secret of a key that lets as many hosts in as it has."""
    secrets = {}
    for name, size in sizes.items():
        group = Group.objects.create(name=f"{MARK}{name}", is_demo=True, editions=EDITIONS.get(name))
        current_ruleset(group=group)
        lifetime = timedelta(hours=1)
        _key, secrets[name] = create_enrolment_key(
            group=group, actor=COMMAND_LINE, uses=size, lifetime=lifetime, name=MARK.strip(" ·")
        )
    return secrets


@transaction.atomic
def make_room(*, months: Iterable[datetime]) -> None:
    """The partitions of the past that the story takes place in."""
    for table in TABLES:
        for month in months:
            make_partition(table, month)


def months_between(start: datetime, end: datetime) -> list[datetime]:
    """The first moment of every month that the time touches."""
    found = [first_of_month(start)]
    while (following := later_month(found[-1], 1)) <= end:
        found.append(following)
    return found
