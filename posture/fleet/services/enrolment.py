"""Enrolment: an installation shows a key and becomes a host of the fleet."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from posture.facts.chain import first_link
from posture.facts.wire.snapshot import Enrolment
from posture.fleet.models import Cursor, EnrolmentKey, Host, Installation, Source
from posture.fleet.services.audit import record_action
from posture.fleet.services.credentials import Credential, make_credential
from posture.fleet.services.hostile_text import fit
from posture.fleet.services.refusals import AlreadyEnrolled, KeyRefused
from posture.fleet.services.rulesets import assign_first_ruleset
from posture.fleet.services.schedules import start_schedule
from posture.fleet.services.sources import take_source
from posture.fleet.services.tokens import digest_of, revoke_installation

# How long a lost answer may be asked for again with the same key and installation.
RETRY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What the agent is told; ``token`` and ``key`` cannot be shown again. ``interval`` is in seconds."""

    host: UUID
    token: str
    key: str
    interval: int


@transaction.atomic
def enrol(*, enrolment: Enrolment, now: datetime, address: str | None = None, is_demo: bool = False) -> Enrolled:
    """Let an installation in: a new host, a new installation, a token.

    The answer may have been lost: the same installation with the same key gets a fresh token as long as it has not
    reported. An equal machine id only proposes that two hosts are one (``queries``); boards flashed from one image
    share theirs. Raises KeyRefused, AlreadyEnrolled.
    """
    key = (
        EnrolmentKey.objects.select_for_update(of=("self",))
        .select_related("group", "host")
        .filter(digest=digest_of(enrolment.key))
        .first()
    )
    if key is None or key.revoked_at is not None or key.expires_at <= now:
        raise KeyRefused("This enrolment key is not known, has expired or was revoked.")
    fresh = make_credential()
    known = (
        Installation.objects.select_for_update(of=("self",))
        .filter(pk=enrolment.installation)
        .select_related("host")
        .first()
    )
    if known is not None:
        return repeat(known, key, fresh, now)
    # The row is locked, and the condition stands in the database as well (key_used_within_limit).
    if key.used >= key.use_limit:
        raise KeyRefused("This enrolment key has been used as often as it may be.")
    EnrolmentKey.objects.filter(pk=key.pk).update(used=F("used") + 1)
    if key.host is None:
        host = add_host(enrolment, key, now, is_demo=is_demo)
    else:
        host = continue_host(enrolment, key.host, key, address)
    Installation.objects.create(
        id=UUID(enrolment.installation),
        host=host,
        token_digest=fresh.token_digest,
        key_sealed=fresh.key_sealed,
        credential_at=now,
        last_link=first_link(enrolment.installation),
        enrolment_key=key,
        enrolled_at=now,
    )
    record_action(
        actor=f"enrolment key {key}",
        action="host.enrolled" if key.host is None else "host.reenrolled",
        subject=host.name,
        details={"host": str(host.pk), "installation": enrolment.installation},
        address=address,
    )
    return Enrolled(host=host.pk, token=fresh.token, key=fresh.key_text, interval=host.interval)


def repeat(known: Installation, key: EnrolmentKey, fresh: Credential, now: datetime) -> Enrolled:
    """Answer an enrolment that was answered before."""
    untouched = known.last_sequence == 0 and known.last_received_at is None and known.revoked_at is None
    if known.enrolment_key_id != key.pk or not untouched or now - known.enrolled_at > RETRY:
        raise AlreadyEnrolled("This installation is enrolled already; enrol again as a new installation.")
    Installation.objects.filter(pk=known.pk).update(
        token_digest=fresh.token_digest, key_sealed=fresh.key_sealed, credential_at=now
    )
    return Enrolled(host=known.host_id, token=fresh.token, key=fresh.key_text, interval=known.host.interval)


def continue_host(enrolment: Enrolment, host: Host, key: EnrolmentKey, address: str | None) -> Host:
    """The host goes on with a new installation; the former ones end at this moment. Raises KeyRefused."""
    if host.retired_at is not None:
        raise KeyRefused("The host of this enrolment key is retired.")
    actor = f"enrolment key {key}"
    for former in Installation.objects.filter(host=host, revoked_at=None).select_related("host"):
        revoke_installation(installation=former, actor=actor, address=address)
    take_source(host=host.pk, source=Source.AGENT, actor=actor, address=address)
    Host.objects.filter(pk=host.pk).update(
        scan_told_sequence=None,  # it was a number of the former installation
        machine_id=fit(enrolment.machine_id or "", 64),
        agent_version=fit(enrolment.agent.Version, 32),
        agent_interval=enrolment.agent.Interval,
    )
    return host


def add_host(enrolment: Enrolment, key: EnrolmentKey, now: datetime, *, is_demo: bool) -> Host:
    """The host's row with what its ledger starts from."""
    host = Host.objects.create(
        name=fit(enrolment.hostname, 253),
        group=key.group,
        machine_id=fit(enrolment.machine_id or "", 64),
        agent_version=fit(enrolment.agent.Version, 32),
        agent_interval=enrolment.agent.Interval,
        created_at=now,
        is_demo=is_demo,
    )
    start_schedule(host=host)
    Cursor.objects.create(host=host)
    assign_first_ruleset(host=host)
    return host
