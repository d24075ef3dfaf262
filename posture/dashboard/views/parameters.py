"""Benchmarks: the editions, and the parameters of their rules for the fleet or one group."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from posture.dashboard.access import page, require
from posture.dashboard.address import address_of
from posture.dashboard.forms.parameter import ParameterForm, read_value, write_value
from posture.dashboard.request import Asked
from posture.dashboard.rulebook import DEFAULT_EDITION, check_words, edition_titles, say
from posture.evaluation import catalogue
from posture.evaluation.ruleset import RulesetError
from posture.fleet.models import Group, Role
from posture.fleet.queries.parameters import given_values
from posture.fleet.services.parameters import set_parameter
from posture.fleet.tasks import advance_soon


@require_http_methods(["GET", "POST"])
@page()
def parameters(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Every parameter with its default, its value here, and a form; a POST sets one."""
    chosen = get_object_or_404(Group, pk=asked.scope.group) if asked.scope.group else None
    if request.method == "POST":
        require(asked, Role.OPERATOR)
        save(request, asked, chosen)
        target = reverse("settings-benchmarks")
        return redirect(f"{target}?group={chosen.pk}" if chosen else target)
    fleet = given_values(group=None)
    context = {
        "section": "settings",
        "tab": "benchmarks",
        "editions": edition_titles(),
        "chosen": chosen,
        "rows": rows_of(given_values(group=chosen.pk) if chosen else fleet, fleet if chosen else {}),
    }
    return render(request, "settings/benchmarks.html", context)


def save(request: HttpRequest, asked: Asked, group: Group | None) -> None:
    """Set or clear one parameter, and say how it went."""
    form = ParameterForm(request.POST)
    rule = catalogue.load().rules.get(request.POST.get("rule", ""))
    if not form.is_valid() or rule is None or form.cleaned_data["name"] not in rule.parameters:
        messages.error(request, _("Nothing was changed: a value was not understood."))
        return
    name = form.cleaned_data["name"]
    try:
        waiting = set_parameter(
            group=group,
            rule=rule,
            name=name,
            value=read_value(rule.parameters[name], form.cleaned_data["value"]),
            now=asked.now,
            actor=asked.account.username,
            address=address_of(request),
        )
    except (ValueError, RulesetError):
        messages.error(request, _("Nothing was changed: a value was not understood."))
        return
    for host in waiting:
        advance_soon(host=host)
    messages.success(request, _("The parameter was changed; hosts are judged by it from now on."))


def rows_of(given: dict[tuple[str, str], object], above: dict[tuple[str, str], object]) -> list[dict[str, Any]]:
    """Every parameter of every rule in the order of the controls."""
    rows = []
    for rule in catalogue.load().rules.values():
        words = check_words(rule.id, edition=DEFAULT_EDITION)
        for parameter in rule.parameters.values():
            key = (rule.id, parameter.name)
            default = above.get(key, parameter.default)
            rows.append(
                {
                    "words": words,
                    "name": parameter.name,
                    "title": say(parameter.title),
                    "type": parameter.type.value,
                    "value": write_value(given.get(key)),
                    "given": key in given,
                    "default": write_value(default),
                    "manual": rule.manual == parameter.name,
                }
            )
    return sorted(rows, key=lambda row: row["words"].order[1])
