"""Parameters of rules, for the fleet or one group."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from posture.dashboard.address import address_of
from posture.dashboard.forms.parameter import ParameterForm, read_value, write_value
from posture.dashboard.request import Asked
from posture.dashboard.rulebook import check_words, say
from posture.evaluation import catalogue
from posture.evaluation.ruleset import RulesetError
from posture.fleet.models import Group
from posture.fleet.services.parameters import set_parameter
from posture.fleet.tasks import advance_soon


def save_parameter(request: HttpRequest, asked: Asked, group: Group | None) -> None:
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


def parameter_rows(
    edition: str, given: dict[tuple[str, str], object], above: dict[tuple[str, str], object]
) -> list[dict[str, Any]]:
    """Every parameter of every rule, those of the edition in view first, in the order of its controls."""
    rows = []
    for rule in catalogue.load().rules.values():
        words = check_words(rule.id, edition=edition)
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
