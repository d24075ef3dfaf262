"""Benchmarks: which editions judge, what was chosen where advice contradicts itself, and the rules' parameters."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from posture.dashboard.access import page, require
from posture.dashboard.address import address_of
from posture.dashboard.controls import control_lines, counterparts_of, judged_by_machine
from posture.dashboard.request import Asked
from posture.dashboard.rulebook import critical_keys, edition_title, edition_titles, say, sections_of, short_title
from posture.dashboard.views.parameters import parameter_rows, save_parameter
from posture.evaluation import catalogue
from posture.evaluation.policy import Policy
from posture.fleet.models import Group, Role
from posture.fleet.queries.checks import check_rows
from posture.fleet.queries.editions import judging_editions
from posture.fleet.queries.fleet import stand_fleet
from posture.fleet.queries.parameters import given_values
from posture.fleet.queries.policies import Chosen, chosen_policies
from posture.fleet.queries.revision import revision_of
from posture.fleet.services.choices import DEFAULT_EDITIONS, chain, editions_of
from posture.fleet.services.editions import set_editions, set_primary_edition
from posture.fleet.services.policies import set_policy
from posture.fleet.tasks import advance_soon
from posture.reports.worked import EDITION as WORKED


@require_http_methods(["GET", "POST"])
@page()
def benchmarks(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Editions, policies and parameters of the fleet or a group; a POST changes one of them."""
    groups = Group.objects.select_related("parent")
    if asked.scope.groups is not None:
        groups = groups.filter(pk__in=asked.scope.groups)
    chosen = get_object_or_404(groups, pk=asked.scope.group) if asked.scope.group else None
    if request.method == "POST":
        require(asked, Role.OPERATOR)
        place = save(request, asked, chosen)
        target = reverse("settings-benchmarks")
        return redirect(f"{target}?group={chosen.pk}{place}" if chosen else f"{target}{place}")
    fleet = given_values(group=None)
    context = {
        "section": "settings",
        "tab": "benchmarks",
        "chosen": chosen,
        "own_list": chosen is not None and chosen.editions is not None,
        "defaults": [short_title(edition) for edition, _title in edition_titles() if edition in DEFAULT_EDITIONS],
        "editions": edition_rows(asked, chosen),
        "policies": policy_rows(chosen),
        "rows": parameter_rows(
            asked.edition, given_values(group=chosen.pk) if chosen else fleet, fleet if chosen else {}
        ),
    }
    return render(request, "settings/benchmarks.html", context)


def save(request: HttpRequest, asked: Asked, group: Group | None) -> str:
    """Do what the form asks for, say how it went, and give the place of the page to go back to."""
    kind = request.POST.get("kind")
    if kind == "editions" and group is not None:
        save_editions(request, asked, group)
        return "#editions"
    if kind == "policy":
        save_policy(request, asked, group)
        return f"#policy-{request.POST.get('policy', '')}"
    save_parameter(request, asked, group)
    return "#parameters"


def save_editions(request: HttpRequest, asked: Asked, group: Group) -> None:
    """The primary edition, and the others that judge the group."""
    by: dict[str, Any] = {"now": asked.now, "actor": asked.account.username, "address": address_of(request)}
    primary = request.POST.get("primary", group.primary_edition)
    ticked = request.POST.getlist("edition")
    # Who ticks another list and leaves "the list from above" beside it means the ticks.
    touched = bool(ticked) and group.editions is None and set(ticked) != set(editions_of(chain(group=group)))
    wanted = ticked if touched or request.POST.get("own") == "yes" else None
    if not {primary, *(wanted or ())} <= catalogue.load().editions.keys():
        messages.error(request, _("Nothing was changed: a value was not understood."))
        return
    waiting = set()
    if primary != group.primary_edition:
        waiting.update(set_primary_edition(group=group, edition=primary, **by))
    if (wanted is None and group.editions is not None) or (wanted is not None and sorted(wanted) != group.editions):
        waiting.update(set_editions(group=group, editions=wanted, **by))
    for host in waiting:
        advance_soon(host=host)
    messages.success(request, _("The benchmarks were changed; hosts are judged by them from now on."))


def save_policy(request: HttpRequest, asked: Asked, group: Group | None) -> None:
    """The choice of one policy; an empty one takes the choice made here away."""
    policy = catalogue.load().policies.get(request.POST.get("policy", ""))
    choice = request.POST.get("choice", "")
    if policy is None or (choice and choice not in policy.choices):
        messages.error(request, _("Nothing was changed: a value was not understood."))
        return
    waiting = set_policy(
        group=group,
        policy=policy,
        choice=choice or None,
        now=asked.now,
        actor=asked.account.username,
        address=address_of(request),
    )
    for host in waiting:
        advance_soon(host=host)
    messages.success(request, _("The policy was changed; hosts are judged by it from now on."))


def edition_rows(asked: Asked, group: Group | None) -> list[dict[str, Any]]:
    """Every edition of the catalogue, with the number of hosts that it judges here."""
    judging = judging_editions(scope=asked.scope)
    of_group = set(editions_of(chain(group=group))) if group else set()
    known = catalogue.load().editions
    return [
        {
            "id": one,
            "title": title,
            "edition": known[one],
            "machine": judged_by_machine(one),
            "hosts": judging[one],
            "judges": one in of_group if group else one in judging,
            "primary": group is not None and group.primary_edition == one,
        }
        for one, title in edition_titles()
    ]


def policy_rows(group: Group | None) -> list[dict[str, Any]]:
    """Every policy with its choices, the one that holds here, and who made it."""
    line = chain(group=group) if group else []
    chosen = chosen_policies(line=line)
    return [policy_row(policy, chosen.get(policy.id), group) for policy in catalogue.load().policies.values()]


def policy_row(policy: Policy, chosen: Chosen | None, group: Group | None) -> dict[str, Any]:
    """``here``: the choice that was made for this very group, or the fleet where none is in view."""
    holds = chosen.choice if chosen else policy.default
    here = chosen is not None and chosen.group == (group.pk if group else None)
    return {
        "id": policy.id,
        "title": say(policy.title),
        "question": say(policy.question),
        "contradiction": say(policy.contradiction),
        "sources": policy.sources,
        "holds": holds,
        "holds_title": say(policy.choices[holds].title),
        "here": here,
        "from_fleet": chosen is not None and not here and chosen.group is None,
        "from_group": chosen.name if chosen is not None and not here else "",
        "choices": [
            {
                "id": one.id,
                "title": say(one.title),
                "tradeoff": say(one.tradeoff),
                "rule": one.rule,
                "default": one.id == policy.default,
            }
            for one in policy.choices.values()
        ],
    }


@require_GET
@page()
def edition(request: HttpRequest, asked: Asked, edition_id: str) -> HttpResponse:
    """One edition: every control, how we judge it, its counterparts elsewhere, where it stands."""
    found = catalogue.load().editions.get(edition_id)
    if found is None:
        raise Http404
    asked = asked.seen_by(edition_id)
    request.asked = asked  # type: ignore[attr-defined]  # read by the templates' context
    lines = control_lines(edition_id, check_rows(scope=asked.scope, at=asked.at, critical=critical_keys(edition_id)))
    context = {
        "section": "settings",
        "edition": found,
        "title": edition_title(edition_id),
        "machine": judged_by_machine(edition_id),
        "is_worked": edition_id == WORKED,
        "standing": stand_fleet(scope=asked.scope, at=asked.at),
        "by_section": [
            (
                section,
                [(line, counterparts_of(edition_id, line.number)) for line in lines if line.section == section.number],
            )
            for section in sections_of(edition_id)
        ],
        "revision": "" if asked.at else revision_of(scope=asked.scope),
    }
    return render(request, "edition.html", context)
