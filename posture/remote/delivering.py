"""What a visit brought, numbered and chained by this server and stored like an agent's delivery."""

import hashlib
import os
import uuid
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from msgspec import Raw

from posture.facts.chain import first_link, link_tail, next_link
from posture.facts.wire.snapshot import AgentInfo, CheckIn, Measurements, Volatile
from posture.fleet.models import Cursor, Host, Installation, InstallationKind, Reach
from posture.fleet.services.agents import Agent, observation_of
from posture.fleet.services.check_in import look_closely
from posture.fleet.services.delivery import Envelope, decode, open_delivery
from posture.fleet.services.hostile_text import fit
from posture.fleet.services.refusals import ClonedHost, Refusal
from posture.fleet.services.rulesets import assign_first_ruleset
from posture.fleet.services.scan_requests import finish_scan
from posture.fleet.services.schedules import start_schedule
from posture.fleet.services.sealing import Unsealable, seal, unseal
from posture.fleet.services.snapshots import store_snapshot
from posture.fleet.services.tokens import digest_of, make_secret
from posture.remote.problems import RemoteTrouble

PURPOSE = "fingerprint key"
KEY_BYTES = 32
MESSAGES = 10_000  # numbers of messages a collection


class Answer(msgspec.Struct):
    """What ``posture_agent/visit.py`` answers."""

    facts: Raw
    volatile: Volatile
    measurements: Measurements
    boot_id: str
    monotonic: float
    agent: AgentInfo
    contents: Raw


ANSWER = msgspec.json.Decoder(Answer)


@dataclass(frozen=True, slots=True)
class Stored:
    """``changed``: other facts than before were stored."""

    host: uuid.UUID
    changed: bool


def read_answer(body: bytes) -> Answer:
    """The answer as a structure; raises RemoteTrouble. Its facts have the bound that agents' deliveries have."""
    try:
        answer = decode(ANSWER, body)
    except Refusal as error:
        raise RemoteTrouble("report_refused", f"{getattr(error, 'field', '')}: {error}") from error
    if len(bytes(answer.facts)) > settings.INGEST_MAX_EXPANDED:
        raise RemoteTrouble("output_too_large", f"more than {settings.INGEST_MAX_EXPANDED} bytes of facts")
    return answer


def make_key() -> bytes:
    """A key of fingerprints."""
    return os.urandom(KEY_BYTES)


@transaction.atomic
def installation_of(reach: Reach, key: bytes | None = None) -> tuple[Installation, bytes]:
    """The installation that stands for this server's visits to a machine, and its key of fingerprints.

    Made where there is none, with that key and with a new host where the reach has none yet.
    """
    reach = Reach.objects.select_for_update(of=("self",)).select_related("host", "group").get(pk=reach.pk)
    host = reach.host or add_host(reach)
    if host.retired_at is not None:
        raise RemoteTrouble("retired", host.name)
    if host.source != reach.method:
        raise RemoteTrouble("other_source", host.get_source_display())
    if reach.claimed:
        raise RemoteTrouble("known_machine", f"{host.name} ({host.get_source_display()})")
    found = Installation.objects.filter(host=host, kind=InstallationKind.REMOTE, revoked_at=None)
    installation = found.order_by("-enrolled_at").first()
    if installation is None:
        key = key or make_key()
        identifier = uuid.uuid4()
        installation = Installation.objects.create(
            id=identifier,
            host=host,
            kind=InstallationKind.REMOTE,
            token_digest=digest_of(make_secret("")),  # nobody is given this token
            key_sealed=seal(key, purpose=PURPOSE),
            last_link=first_link(str(identifier)),
            enrolled_at=timezone.now(),
        )
        return installation, key
    try:
        return installation, unseal(bytes(installation.key_sealed), purpose=PURPOSE)
    except Unsealable as error:
        raise RemoteTrouble("key_unreadable", str(error)) from error


def add_host(reach: Reach) -> Host:
    """A host for a machine that was never seen."""
    host = Host.objects.create(
        name=fit(reach.name, 253), group=reach.group, source=reach.method, created_at=timezone.now()
    )
    start_schedule(host=host)
    Cursor.objects.create(host=host)
    assign_first_ruleset(host=host)
    Reach.objects.filter(pk=reach.pk).update(host=host)
    return host


def store_answer(installation: Installation, answer: Answer, *, observed_at: datetime, now: datetime) -> Stored:
    """Store what a visit that began at ``observed_at`` brought; unchanged facts only extend the presence.

    Raises RemoteTrouble. The caller sees to the host's advance after the commit.
    """
    try:
        stored = bring(installation.pk, answer, observed_at, now)
    except Installation.DoesNotExist as error:
        raise RemoteTrouble("other_source") from error
    except Refusal as error:
        raise RemoteTrouble("report_refused", str(error)) from error
    finish_scan(host=stored.host, now=observed_at)
    return stored


@transaction.atomic
def bring(identifier: uuid.UUID, answer: Answer, observed_at: datetime, now: datetime) -> Stored:
    """Check in, and deliver where the facts are other ones.

    The number and the link are of the row as it is now, and the row is ours until both are stored: this server cannot
    contradict itself. Where it does all the same, nothing is kept, and nothing is noted of a clone. Raises Refusal;
    Installation.DoesNotExist where another source took the host meanwhile.
    """
    rows = Installation.objects.select_for_update(of=("self",), no_key=True).select_related("host")
    installation = rows.get(pk=identifier, revoked_at=None)
    agent = Agent(installation.pk, installation.host_id, installation.host.interval)
    envelope = envelope_of(installation, answer, observed_at, now)
    fields = {name: getattr(envelope, name) for name in CheckIn.__struct_fields__}
    check_in = CheckIn(**fields)
    answered = look_closely(agent, check_in, observation_of(check_in, now=now), None, now)
    if isinstance(answered, ClonedHost):
        raise answered
    if answered.deliver:
        envelope.message += 1
        store_snapshot(agent=agent, delivery=open_delivery(body=msgspec.json.encode(envelope)), now=now)
    return Stored(host=agent.host, changed=answered.deliver)


def envelope_of(installation: Installation, answer: Answer, observed_at: datetime, now: datetime) -> Envelope:
    """The delivery that an agent would have made of it."""
    sequence = installation.last_sequence + 1
    digest = digest_of_raw(bytes(answer.facts))
    moment = wire_moment(observed_at)
    tail = link_tail(sequence=sequence, digest=digest, boot_id=answer.boot_id, observed_at=moment)
    return Envelope(
        protocol=1,
        installation=str(installation.pk),
        message=sequence * MESSAGES + 1,
        sequence=sequence,
        previous_digest=installation.last_digest or None,
        digest=digest,
        link=next_link(installation.last_link, tail),
        age=max(0.0, (now - observed_at).total_seconds()),
        boot_id=answer.boot_id,
        monotonic=max(0.0, answer.monotonic),
        observed_at=moment,
        sent_at=wire_moment(now),
        agent=answer.agent,
        measurements=answer.measurements,
        id=str(uuid.uuid4()),
        duration=max(0.0, (now - observed_at).total_seconds()),
        volatile=answer.volatile,
        facts=answer.facts,
    )


def digest_of_raw(facts: bytes) -> str:
    """The digest of facts as the agent wrote them, in canonical form."""
    return "sha256:" + hashlib.sha256(facts).hexdigest()


def wire_moment(at: datetime) -> str:
    """A moment as it travels."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
