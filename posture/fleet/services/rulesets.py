"""Which ruleset judges a host, and from when on."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils import timezone

from posture.evaluation import catalogue
from posture.evaluation.rule import ParameterValue
from posture.evaluation.ruleset import Ruleset, RulesetError, build, from_json
from posture.fleet.models import Cursor, Group, Host, RulesetAssignment, RulesetControl
from posture.fleet.models import Ruleset as RulesetRow
from posture.fleet.services.choices import chain, editions_of, parameters_of, policies_of
from posture.fleet.services.observation_time import EARLIEST

KEPT = 64


@lru_cache(maxsize=KEPT)
def build_with(wish: bytes) -> Ruleset:
    """The ruleset of this product's rules with ``parameters``, ``editions`` and ``policies``, given as JSON so that
    they can be looked up."""
    return build(catalogue.load(), **msgspec.json.decode(wish))


@lru_cache(maxsize=KEPT)
def read_ruleset(row: int) -> Ruleset | None:
    """The stored ruleset of that id, or None when another version of the evaluator wrote it and ours cannot follow."""
    body = RulesetRow.objects.values_list("body", flat=True).get(pk=row)
    try:
        return from_json(catalogue.load(), msgspec.json.encode(body).decode())
    except RulesetError:
        return None


def parameters_at(*, host: UUID, at: datetime, check_key: str) -> Mapping[str, ParameterValue]:
    """What a check of a host was given at a moment; nothing where that cannot be told."""
    assigned = RulesetAssignment.objects.filter(host=host, from_at__lte=at).order_by("-from_at")
    row = assigned.values_list("ruleset_id", flat=True).first()
    ruleset = None if row is None else read_ruleset(row)
    check = None if ruleset is None else ruleset.checks.get(check_key)
    return {} if check is None else check.parameters


@transaction.atomic
def current_ruleset(*, group: Group) -> RulesetRow:
    """The row of the ruleset that judges this group's hosts today, made where there is none."""
    ruleset = build_with(wish_of(group))
    row, made = RulesetRow.objects.get_or_create(
        digest=ruleset.digest,
        defaults={"body": msgspec.json.decode(ruleset.to_json()), "created_at": timezone.now()},
    )
    if made:
        keep_controls(row, ruleset)
    return row


def keep_controls(row: RulesetRow, ruleset: Ruleset) -> None:
    """Write down which check judges which control, for queries to join with."""
    RulesetControl.objects.bulk_create(
        RulesetControl(ruleset=row, edition=edition, number=number, check_key=key)
        for edition, controls in ruleset.editions.items()
        for number, key in controls.items()
    )


def wish_of(group: Group) -> bytes:
    """All that the operator decided for a group, as canonical JSON."""
    line = chain(group=group)
    wish = {"parameters": parameters_of(line), "editions": editions_of(line), "policies": policies_of(line)}
    return msgspec.json.encode(wish, order="sorted")


def assign_first_ruleset(*, host: Host) -> None:
    """A new host's ruleset, dated before anything it can have seen."""
    RulesetAssignment.objects.create(host=host, ruleset=current_ruleset(group=host.group), from_at=EARLIEST)


@transaction.atomic
def assign_rulesets(*, now: datetime | None = None, groups: Iterable[Group] | None = None) -> list[UUID]:
    """Give every host whose group is judged otherwise today its new ruleset, from now on.

    Call it when the product starts, when parameters, editions or policies change (``groups`` narrows it) and when a
    host changes its group. Gives the hosts whose ledger has to advance; the caller enqueues them, the sweep
    would find them too.
    """
    changed: list[UUID] = []
    for group in Group.objects.all() if groups is None else groups:
        changed += assign_to_group(group, now or timezone.now())
    Cursor.objects.filter(host__in=changed).update(pending=True)
    return changed


def assign_to_group(group: Group, now: datetime) -> list[UUID]:
    """Assign one group's ruleset to those of its hosts that have another, or none."""
    row = current_ruleset(group=group)
    hosts = Host.objects.filter(group=group, retired_at=None)
    assignments = RulesetAssignment.objects.filter(host__in=hosts).order_by("host_id", "-from_at").distinct("host_id")
    latest = dict(assignments.values_list("host_id", "ruleset_id"))
    changed = [host for host in hosts.values_list("pk", flat=True) if latest.get(host) != row.pk]
    # Of two changes at one moment, such as those of one form, the later one holds.
    RulesetAssignment.objects.bulk_create(
        (RulesetAssignment(host_id=host, ruleset=row, from_at=now if host in latest else EARLIEST) for host in changed),
        update_conflicts=True,
        unique_fields=["host", "from_at"],
        update_fields=["ruleset"],
    )
    return changed
