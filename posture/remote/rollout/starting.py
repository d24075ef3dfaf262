"""What people do with roll-outs: begin, approve host keys, try again, cancel, take back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from posture.fleet.models import Group, Label, Reach, RemoteRun, Rollout, RolloutKind, RunState, Source, SshKey
from posture.fleet.services.audit import record_action
from posture.remote.host_keys import fingerprint_of
from posture.remote.problems import RemoteTrouble
from posture.remote.reaches import approve_host_key
from posture.remote.rollout.host_list import ListedHost, Trouble, WrongList
from posture.remote.rollout.running import UNKNOWN, close
from posture.remote.rollout.sweeping import let_known_go_on
from posture.remote.way import way_to

OVER = (RunState.DONE, RunState.UNCHANGED, RunState.FAILED)


@dataclass(frozen=True, slots=True)
class Wish:
    """How the listed machines are reached and where their hosts belong."""

    key: SshKey
    user: str
    use_sudo: bool
    group: Group
    labels: Sequence[Label]


@dataclass(frozen=True, slots=True)
class By:
    """Who does it, for the audit log."""

    actor: str
    address: str | None


@transaction.atomic
def start_install(*, wish: Wish, listed: Sequence[ListedHost], known: Iterable[Reach], by: By) -> Rollout:
    """A roll-out on the machines of a list and on machines known already; the caller enqueues its runs.

    Raises WrongList where a line contradicts what is known.
    """
    reaches = reaches_of(listed, wish, by)
    rollout = Rollout.objects.create(kind=RolloutKind.INSTALL, created_at=timezone.now(), created_by=by.actor)
    rollout.labels.set(wish.labels)
    expected = {reach.pk: host.fingerprint for host, reach in zip(listed, reaches, strict=True)}
    together = {reach.pk: reach for reach in (*reaches, *known)}
    add_runs(rollout, list(together.values()), expected)
    details = {"hosts": len(together), "group": wish.group.name}
    record_action(
        actor=by.actor, action="rollout.started", subject=str(rollout.pk), details=details, address=by.address
    )
    return rollout


@transaction.atomic
def start_removal(*, rollout: Rollout, retire: bool, by: By) -> Rollout | None:
    """Take back what a roll-out did: a removal on every host to which it brought an agent, or began to. None without
    such. An agent of this server that was there before it stays."""
    brought = list(rollout.runs.filter(brought=True, state__in=OVER).select_related("reach"))
    reaches = [run.reach for run in brought]
    if not reaches:
        return None
    removal = Rollout.objects.create(
        kind=RolloutKind.REMOVE, created_at=timezone.now(), created_by=by.actor, retire=retire
    )
    add_runs(removal, reaches, {})
    removal.runs.filter(reach__in=[run.reach for run in brought if run.was_scheduled]).update(was_scheduled=True)
    details = {"hosts": len(reaches), "retire": retire, "of": str(rollout.pk)}
    record_action(
        actor=by.actor, action="rollout.removal", subject=str(removal.pk), details=details, address=by.address
    )
    return removal


def add_runs(rollout: Rollout, reaches: Sequence[Reach], expected: Mapping[UUID, str]) -> None:
    """A run for each machine."""
    now = timezone.now()
    RemoteRun.objects.bulk_create(
        RemoteRun(
            reach=reach, rollout=rollout, kind=rollout.kind, created_at=now, fingerprint=expected.get(reach.pk, "")
        )
        for reach in reaches
    )


def reaches_of(listed: Sequence[ListedHost], wish: Wish, by: By) -> list[Reach]:
    """The ways to the listed machines, made where they are not known; one that is known is reached as listed now.

    A way that has led to a host already stays as it is but for what the list itself names; one that never led to any
    is taken as listed and wished, whatever was listed before. The number of statements does not grow with the list.
    """
    known = list(Reach.objects.select_related("jump__jump__jump"))
    places = {place_of(reach): reach for reach in known if reach.method == Source.SSH}
    names = {reach.name: reach for reach in known}
    troubles: list[Trouble] = []
    found = []
    for host in listed:
        user = host.user or wish.user
        reach = places.get((host.address, host.port, user)) or new_reach(host, user, names, by)
        reach.name = host.name or reach.name
        if reach.host_id is None or reach.key_id is None:
            reach.key, reach.group, reach.jump = wish.key, wish.group, None
            reach.use_sudo = wish.use_sudo and user != "root"
        if names.setdefault(reach.name, reach).pk != reach.pk:
            troubles.append(Trouble(host.line, "name", "taken", reach.name))
        if host.fingerprint and reach.host_key and fingerprint_of(reach.host_key) != host.fingerprint:
            troubles.append(Trouble(host.line, "fingerprint", "other_key", fingerprint_of(reach.host_key)))
        found.append(reach)
    pairs = list(zip(listed, found, strict=True))
    troubles += [trouble for host, reach in pairs if (trouble := set_jump(host, reach, names)) is not None]
    troubles += [trouble for host, reach in pairs if (trouble := trouble_on_way(host, reach)) is not None]
    if troubles:
        raise WrongList(sorted(troubles, key=lambda one: one.line))
    Reach.objects.bulk_create([reach for reach in found if reach._state.adding])
    Reach.objects.bulk_update(found, ["name", "key", "group", "use_sudo", "jump"], batch_size=500)
    return found


def place_of(reach: Reach) -> tuple[str, int, str]:
    return reach.address, reach.port, reach.user


def new_reach(host: ListedHost, user: str, names: Mapping[str, Reach], by: By) -> Reach:
    """A machine that was not known; without a name it is called by its address, and by more where that is taken."""
    name = host.address if host.address not in names else f"{user}@{host.address}:{host.port}"
    return Reach(
        address=host.address, port=host.port, user=user, name=name, created_at=timezone.now(), created_by=by.actor
    )


def set_jump(host: ListedHost, reach: Reach, names: Mapping[str, Reach]) -> Trouble | None:
    """Lead the way through the machine that the line names."""
    if not host.jump:
        return None
    jump = names.get(host.jump)
    if jump is None or jump.method != Source.SSH:
        return Trouble(host.line, "jump", "jump", host.jump)
    reach.jump = jump
    return None


def trouble_on_way(host: ListedHost, reach: Reach) -> Trouble | None:
    """A way that leads in a circle or through too many machines."""
    try:
        way_to(reach)
    except RemoteTrouble as trouble:
        return Trouble(host.line, "jump", trouble.problem, host.jump)
    return None


def unknown_keys(*, rollout: Rollout) -> dict[Reach, str]:
    """The machines, jump hosts too, whose key waits for a person's word, each with its fingerprint."""
    waiting = rollout.runs.filter(state=RunState.WAITING, problem=UNKNOWN).select_related("reach__jump__jump__jump")
    found: dict[Reach, str] = {}
    for run in waiting:
        for hop in way_to(run.reach):
            if not hop.host_key and hop.offered_key:
                found[hop] = fingerprint_of(hop.offered_key)
    return dict(sorted(found.items(), key=lambda one: one[0].name))


def approve_shown(*, rollout: Rollout, shown: Mapping[UUID, str], by: By) -> list[int]:
    """Approve the keys that a person saw (fingerprints by reach), if they are still the ones; gives the runs that can
    go on."""
    for reach, fingerprint in unknown_keys(rollout=rollout).items():
        if shown.get(reach.pk) == fingerprint:
            approve_host_key(reach=reach, fingerprint=fingerprint, actor=by.actor, address=by.address)
    return let_known_go_on(rollout.runs.all())


def retry_failed(*, rollout: Rollout, by: By) -> list[int]:
    """Let the failed hosts wait for another try; gives their runs."""
    failed = list(rollout.runs.filter(state=RunState.FAILED).values_list("pk", flat=True))
    if failed:
        Rollout.objects.filter(pk=rollout.pk).update(ended_at=None, cancelled_at=None)
        values = {"state": RunState.WAITING, "problem": "", "detail": "", "step": ""}
        RemoteRun.objects.filter(pk__in=failed).update(**values, started_at=None, ended_at=None, seen_at=None)
        details = {"hosts": len(failed)}
        record_action(
            actor=by.actor, action="rollout.retried", subject=str(rollout.pk), details=details, address=by.address
        )
    return failed


@transaction.atomic
def cancel(*, rollout: Rollout, by: By) -> None:
    """Begin no further host. What has begun comes to its end: nothing is left half done."""
    now = timezone.now()
    if Rollout.objects.filter(pk=rollout.pk, cancelled_at=None, ended_at=None).update(cancelled_at=now):
        values = {"state": RunState.FAILED, "problem": "cancelled", "detail": ""}
        rollout.runs.filter(state=RunState.WAITING).update(**values, ended_at=now)
        close(rollout.pk)
        record_action(actor=by.actor, action="rollout.cancelled", subject=str(rollout.pk), address=by.address)
