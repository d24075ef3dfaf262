"""Everything that is kept sealed, sealed again with the newest key of POSTURE_ENCRYPTION_KEY."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from posture.fleet.models import Installation, InstallationKind, Reach, SshKey
from posture.fleet.services.sealing import seal, unseal


@dataclass(frozen=True, slots=True)
class Place:
    """Rows with a column that holds sealed secrets, and the purpose they were sealed for."""

    rows: QuerySet[Installation] | QuerySet[SshKey] | QuerySet[Reach]
    column: str
    purpose: str


def places() -> list[Place]:
    """Every place of the database that holds sealed secrets."""
    agents = Installation.objects.filter(kind=InstallationKind.AGENT)
    return [
        Place(agents, "key_sealed", "agent key"),
        Place(agents, "next_key_sealed", "agent key"),
        Place(Installation.objects.filter(kind=InstallationKind.REMOTE), "key_sealed", "fingerprint key"),
        Place(SshKey.objects.all(), "private_sealed", "ssh key"),
        Place(Reach.objects.all(), "tls_key_sealed", "tls key"),
    ]


@transaction.atomic
def reseal() -> int:
    """Open and seal again everything that is kept; how many secrets. Raises Unsealable, and then changes nothing."""
    count = 0
    for place in places():
        for pk, sealed in place.rows.exclude(**{place.column: b""}).values_list("pk", place.column):
            fresh = seal(unseal(sealed, purpose=place.purpose), purpose=place.purpose)
            # Where it was replaced meanwhile it is sealed with the newest key already.
            count += place.rows.filter(pk=pk, **{place.column: sealed}).update(**{place.column: fresh})
    return count
