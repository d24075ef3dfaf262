"""Which editions judge a group's hosts."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from posture.evaluation import catalogue
from posture.fleet.models import Group
from posture.fleet.services.audit import record_action
from posture.fleet.services.rulesets import assign_rulesets


@transaction.atomic
def set_editions(
    *, group: Group, editions: Sequence[str] | None, now: datetime, actor: str, address: str | None
) -> list[UUID]:
    """Have a group judged by these editions besides its primary one, from now on; None: as the group above.

    Gives the hosts whose ledger has to advance. ValueError when there is no such edition.
    """
    wanted = None if editions is None else sorted(set(editions))
    for edition in wanted or ():
        require_edition(edition)
    before, group.editions = group.editions, wanted
    group.save(update_fields=["editions"])
    details = {"from": before, "to": wanted}
    record_action(actor=actor, action="group.editions", subject=group.name, details=details, address=address)
    return assign_rulesets(now=now)


@transaction.atomic
def set_primary_edition(*, group: Group, edition: str, now: datetime, actor: str, address: str | None) -> list[UUID]:
    """Give a group the edition that its pages show first, which always judges it. ValueError when there is none such.

    Gives the hosts whose ledger has to advance.
    """
    require_edition(edition)
    before, group.primary_edition = group.primary_edition, edition
    group.save(update_fields=["primary_edition"])
    details = {"from": before, "to": edition}
    record_action(actor=actor, action="group.primary_edition", subject=group.name, details=details, address=address)
    return assign_rulesets(now=now)


def require_edition(edition: str) -> None:
    """ValueError when the catalogue has no such edition."""
    if edition not in catalogue.load().editions:
        raise ValueError(f"there is no edition {edition}")
