"""Installs the agent on one host and sees that it reports. What is right already is left alone."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from posture.fleet.models import EnrolmentKey, Installation, Reach, RemoteRun, Rollout
from posture.fleet.own_address import authority_digest
from posture.fleet.services.enrolment_keys import (
    create_enrolment_key,
    create_reenrolment_key,
    revoke_enrolment_key,
)
from posture.fleet.services.proving import MOST_PROOFS, is_proven, make_nonce
from posture.fleet.services.sealing import Unsealable
from posture.remote.connection import Connection
from posture.remote.exchange import Finished
from posture.remote.problems import RemoteTrouble
from posture.remote.rollout.program import COLLECTION_SECONDS, Program, copy_program, look_at, refuse_foreign
from posture.remote.rollout.steps import Step
from posture.remote.shipping import last_words

KEY_LIFETIME = timedelta(minutes=15)
VERIFY_SECONDS = 60.0
VERIFY_PAUSE = 0.5
FRESH_INTERVALS = 3  # who was heard within them reports
NOBODY = UUID(int=0)
IN_PLACE = b"nothing to do"


def install_agent(*, connection: Connection, reach: Reach, rollout: Rollout, step: Step) -> bool:
    """Bring a host to: this server's agent, enrolled with it, started by the clock, heard of. Whether anything changed.

    Raises RemoteTrouble. ``reach.host`` is the host that reports, afterwards.
    """
    step("look")
    seen = look_at(connection)
    program = Program(connection, seen)
    found = known_there(refuse_foreign(program), reach)
    step("copy")
    changed = copy_program(connection, seen)
    if found is None:  # a file that could not say who it is was replaced by one that can
        found = known_there(refuse_foreign(program), reach)
    refuse_claim(found, reach)
    note_before(reach, rollout, brings=found is None)
    step("enrol")
    if found is None:
        found = enrol_host(program, reach, rollout)
        changed = True
    demand_proof(program, found)
    # At once: what fails from here on is taken back by who the machine is known to be.
    Reach.objects.filter(pk=reach.pk).update(host=found.host, claimed=False)
    reach.host, reach.claimed = found.host, False
    step("install")
    if not any(line.startswith(IN_PLACE) for line in install(program).stdout.splitlines()):
        changed = True
    demand_start(program)
    if changed or not is_heard(found):
        changed = True
        asked_at = timezone.now()
        step("report")
        program.demand("send", seconds=COLLECTION_SECONDS)
        step("verify")
        wait_for_report(found.pk, since=asked_at)
    return changed


def known_there(status: Mapping[str, Any], reach: Reach) -> Installation | None:
    """The installation that the agent there is on this server; None where it has to be let in.

    Raises RemoteTrouble where that is another host than the machine is known as.
    """
    found = enrolled_as(status)
    known = reach.host if reach.host is not None and reach.host.retired_at is None else None
    if found is not None and known is not None and found.host_id != known.pk:
        raise RemoteTrouble("enrolled_elsewhere", f"{settings.PUBLIC_URL}: {found.host.name}")
    return found


def refuse_claim(found: Installation | None, reach: Reach) -> None:
    """Let nobody in as a host that he only says he is: its own agent would be told to stop. Raises RemoteTrouble."""
    if found is None and reach.claimed and reach.host is not None:
        raise RemoteTrouble("known_machine", f"{reach.host.name} ({reach.host.get_source_display()})")


def note_before(reach: Reach, rollout: Rollout, *, brings: bool) -> None:
    """Write down, before it is changed, what taking it back has to give back. A further try forgets nothing."""
    run = RemoteRun.objects.filter(rollout=rollout, reach=reach)
    if brings:
        run.update(brought=True)
        if reach.scheduled:
            run.update(was_scheduled=True)


def install(program: Program) -> Finished:
    """Let the agent put its settings and its clock in their places. Raises RemoteTrouble."""
    done = program.run("install")
    if done.status and not program.runs().by:
        raise RemoteTrouble("not_started", last_words(done))
    return program.judge("install", done)


def demand_start(program: Program) -> None:
    """See that something there will start the agent; raises RemoteTrouble."""
    runs = program.runs()
    if not runs.active:
        raise RemoteTrouble("not_started", runs.by or "")


def enrolled_as(status: Mapping[str, Any]) -> Installation | None:
    """The installation of this server that an agent says it is, if that is in force."""
    if not status.get("enrolled"):
        return None
    valid = Installation.objects.filter(revoked_at=None, quarantined_at=None, host__retired_at=None)
    return valid.select_related("host").filter(pk=identifier(status)).first()


def identifier(status: Mapping[str, Any]) -> UUID:
    """The installation that an agent says it is; one that never was where it says nothing we understand."""
    try:
        return UUID(str(status.get("installation")))
    except ValueError:
        return NOBODY


def enrol_host(program: Program, reach: Reach, rollout: Rollout) -> Installation:
    """Let this one host in, with a key for it alone that goes over standard input and is kept nowhere."""
    actor = rollout.created_by
    key, secret = make_key(reach, actor)
    pin = authority_digest()
    words = ["enrol", settings.PUBLIC_URL, "--key", "-", "--again", *(["--ca-sha256", pin] if pin else [])]
    try:
        program.demand(*words, stdin=secret.encode() + b"\n")
    finally:
        revoke_enrolment_key(key=key, actor=actor)
    installation = Installation.objects.select_related("host").filter(enrolment_key=key, revoked_at=None).first()
    if installation is None:
        raise RemoteTrouble("not_heard", settings.PUBLIC_URL)
    return installation


def demand_proof(program: Program, installation: Installation) -> None:
    """See that the agent there has the installation's key: until now it is just what the machine said.

    Raises RemoteTrouble.
    """
    nonce = make_nonce()
    done = program.run("prove", nonce)
    proofs = done.stdout.decode("ascii", "replace").split()[-MOST_PROOFS:]  # behind what a login script prints
    try:
        proven = not done.status and is_proven(installation=installation, nonce=nonce, proofs=proofs)
    except Unsealable as error:
        raise RemoteTrouble("key_unreadable", str(error)) from error
    if not proven:
        raise RemoteTrouble("unproven", f"{installation.pk}: {last_words(done)}")


def make_key(reach: Reach, actor: str) -> tuple[EnrolmentKey, str]:
    """A key for one use: of the host that the machine is already, else of a new one."""
    host = reach.host
    if host is not None and not (host.retired_at or host.merged_into_id or host.is_demo):
        return create_reenrolment_key(host=host, actor=actor)
    name = f"roll-out {reach.name}"
    return create_enrolment_key(group=reach.group, uses=1, lifetime=KEY_LIFETIME, name=name, actor=actor)


def is_heard(installation: Installation) -> bool:
    """Whether it was heard of within the last intervals."""
    interval = max(installation.host.interval, installation.host.agent_interval)
    last = installation.last_received_at
    return last is not None and timezone.now() - last < FRESH_INTERVALS * timedelta(seconds=interval)


def wait_for_report(installation: UUID, *, since: datetime) -> None:
    """Wait until facts of this installation are here and it was heard of since a moment. Raises RemoteTrouble."""
    end = time.monotonic() + VERIFY_SECONDS
    arrived = Installation.objects.filter(
        pk=installation, last_received_at__gte=since, host__first_seen_at__isnull=False
    )
    while not arrived.exists():
        if time.monotonic() > end:
            raise RemoteTrouble("not_heard", settings.PUBLIC_URL)
        time.sleep(VERIFY_PAUSE)
