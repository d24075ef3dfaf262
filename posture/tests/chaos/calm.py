"""The ledger as it would be had nothing gone wrong: computed anew from the journals, in the order of time."""

import zlib
from datetime import datetime
from uuid import uuid4

import msgspec
from django.db import connection, transaction
from django.utils import timezone

from posture.facts.digest import facts_digest
from posture.fleet.models import (
    ClosedCheckState,
    ClosedFinding,
    ClosedScore,
    Cursor,
    FactsBody,
    Host,
    Installation,
    OpenCheckState,
    OpenFinding,
    OpenScore,
    Resource,
    Snapshot,
)
from posture.fleet.services.advance import Advanced, advance
from posture.tests.chaos.journal import Collection
from posture.tests.chaos.world import facts_of

FOLDED = (
    *(OpenFinding, OpenCheckState, OpenScore, ClosedFinding, ClosedCheckState, ClosedScore, Resource),
    *(Cursor, Snapshot),
)


def forget_everything() -> None:
    """Take away what was delivered and what was folded; hosts, their rulesets and agents stay."""
    with transaction.atomic(), connection.cursor() as cursor:
        for model in FOLDED:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608 - our own tables
        cursor.execute("DELETE FROM fleet_factsbody")


def fold_calmly(host: Host, installation: Installation, seed: int, told: list[tuple[Collection, datetime]]) -> None:
    """Store a host's collections, each with its moment, oldest first, and fold them at one go.

    RuntimeError where somebody else folds meanwhile.
    """
    Cursor.objects.create(host=host, pending=True)
    now = timezone.now()
    for one, moment in told:
        facts = facts_of(seed, host.name, one.step)
        digest = facts_digest(facts)
        body = msgspec.json.encode(facts, order="sorted")
        FactsBody.objects.get_or_create(
            digest=digest, defaults={"body": zlib.compress(body, wbits=31), "size": len(body), "first_stored_at": now}
        )
        Snapshot.objects.create(
            id=uuid4(),
            host=host,
            installation=installation,
            sequence=one.sequence,
            facts_id=digest,
            volatile={},
            observed_at=moment,
            effective_at=moment,
            received_at=now,
        )
    outcome = advance(host=host.pk, now=now)
    if outcome is not Advanced.DONE:
        raise RuntimeError(f"{host.name} could not be folded calmly: {outcome}")
