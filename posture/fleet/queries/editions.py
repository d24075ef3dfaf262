"""Editions: which one a scope is seen by, and which rows of the ledger are about one."""

from collections import Counter

from django.db.models import Count, Exists, OuterRef, Q

from posture.evaluation.catalogue import OWN_EDITION
from posture.fleet.models import Group, RulesetControl
from posture.fleet.queries.scope import Scope
from posture.fleet.services.choices import chain, editions_of


def of_edition(*, edition: str | None) -> Q:
    """Filter of checks' states and findings: those by which their own ruleset judges the edition (None: all).

    A check may be judged for the sake of another edition alone: then it says nothing here.
    """
    if edition is None:
        return Q()
    same = {"ruleset": OuterRef("ruleset"), "check_key": OuterRef("check_key"), "edition": edition}
    return Q(Exists(RulesetControl.objects.filter(**same)))


def primary_edition(*, scope: Scope) -> str:
    """The chosen group's primary edition, else the one that most hosts of the scope have; our own without hosts."""
    if scope.group is not None:
        chosen = Group.objects.filter(pk=scope.group).values_list("primary_edition", flat=True).first()
        if chosen is not None:
            return chosen
    hosts = scope.hosts_at(at=None).order_by().values_list("group__primary_edition")
    counted = hosts.annotate(number=Count("pk")).order_by("-number", "group__primary_edition")
    found = counted.values_list("group__primary_edition", flat=True).first()
    return OWN_EDITION if found is None else found


def judging_editions(*, scope: Scope) -> Counter[str]:
    """How many hosts each edition judges today, by its id; one that judges groups without hosts has 0."""
    groups = Group.objects.select_related("parent").annotate(number=Count("hosts", filter=Q(hosts__retired_at=None)))
    if scope.groups is not None:
        groups = groups.filter(pk__in=scope.groups)
    if scope.group is not None:
        groups = groups.filter(Q(pk=scope.group) | Q(parent=scope.group))
    found: Counter[str] = Counter()
    for group, number in ((group, vars(group)["number"]) for group in groups):
        for edition in editions_of(chain(group=group)):
            found[edition] += number
    return found
