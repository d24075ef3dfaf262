"""Which ruleset judges a host, and from when on."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils import timezone

from posture.evaluation import catalogue
from posture.evaluation.ruleset import Ruleset, RulesetError, build, from_json
from posture.fleet.models import Cursor, Group, Host, ParameterSetting, RulesetAssignment
from posture.fleet.models import Ruleset as RulesetRow
from posture.fleet.services.observation_time import EARLIEST

KEPT = 64


@lru_cache(maxsize=KEPT)
def build_with(parameters: bytes) -> Ruleset:
    """The ruleset of this product's rules with parameters, given as JSON so that they can be looked up."""
    return build(catalogue.load(), parameters=msgspec.json.decode(parameters))


@lru_cache(maxsize=KEPT)
def read_ruleset(row: int) -> Ruleset | None:
    """The stored ruleset of that id, or None when another version of the evaluator wrote it and ours cannot follow."""
    body = RulesetRow.objects.values_list("body", flat=True).get(pk=row)
    try:
        return from_json(catalogue.load(), msgspec.json.encode(body).decode())
    except RulesetError:
        return None


def chain(group: Group) -> list[Group]:
    """The group and those above it, the nearest first."""
    groups = [group]
    while groups[-1].parent is not None:
        groups.append(groups[-1].parent)
    return groups


def parameters_of(group: Group) -> bytes:
    """The operator's parameters for a group, as canonical JSON: its own go before those above it and the fleet's."""
    ranks: dict[int | None, int] = {one.pk: rank for rank, one in enumerate(chain(group))}
    ranks[None] = len(ranks)
    settings = [one for one in ParameterSetting.objects.all() if one.group_id in ranks and fits(one)]
    parameters: dict[str, dict[str, object]] = {}
    for setting in sorted(settings, key=lambda one: ranks[one.group_id], reverse=True):
        parameters.setdefault(setting.rule, {})[setting.name] = setting.value
    return msgspec.json.encode(parameters, order="sorted")


def current_ruleset(*, group: Group) -> RulesetRow:
    """The row of the ruleset that judges this group's hosts today, made where there is none."""
    ruleset = build_with(parameters_of(group))
    row, _made = RulesetRow.objects.get_or_create(
        digest=ruleset.digest,
        defaults={"body": msgspec.json.decode(ruleset.to_json()), "created_at": timezone.now()},
    )
    return row


def assign_first_ruleset(*, host: Host) -> None:
    """A new host's ruleset, dated before anything it can have seen."""
    RulesetAssignment.objects.create(host=host, ruleset=current_ruleset(group=host.group), from_at=EARLIEST)


def fits(setting: ParameterSetting) -> bool:
    """Whether today's rules have this parameter, of this type; an update may have taken it away."""
    rule = catalogue.load().rules.get(setting.rule)
    if rule is None or setting.name not in rule.parameters:
        return False
    try:
        rule.parameters[setting.name].accept(setting.value)
    except ValueError:
        return False
    return True


@transaction.atomic
def assign_rulesets(*, now: datetime | None = None, groups: Iterable[Group] | None = None) -> list[UUID]:
    """Give every host whose group is judged otherwise today its new ruleset, from now on.

    Call it when the product starts, when parameters change (``groups`` narrows it) and when a host changes its group.
    Gives the hosts whose ledger has to advance; the caller enqueues them, the sweep would find them too.
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
    RulesetAssignment.objects.bulk_create(
        RulesetAssignment(host_id=host, ruleset=row, from_at=now if host in latest else EARLIEST) for host in changed
    )
    return changed
