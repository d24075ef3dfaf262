"""What every page of a signed-in person shows around its content."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language, gettext

from posture.dashboard.numbers import write_short_moment
from posture.dashboard.request import Asked
from posture.dashboard.rulebook import edition_title, edition_titles
from posture.fleet.models import Role
from posture.fleet.queries.editions import judging_editions
from posture.fleet.queries.groups import list_groups


def surroundings(request: HttpRequest) -> dict[str, Any]:
    """``asked``, ``groups`` and what the person's role reaches; nothing for strangers."""
    asked: Asked | None = getattr(request, "asked", None)
    if asked is None:
        return {"language": get_language()}
    groups = list_groups(scope=asked.scope)
    chosen = next((group.name for group in groups if group.id == asked.scope.group), gettext("Whole fleet"))
    return {
        "asked": asked,
        "language": get_language(),
        "groups": groups,
        "group_shown": chosen,
        "editions_offered": offered_editions(asked),
        "edition_shown": edition_title(asked.edition),
        "demo": any(group.is_demo for group in groups),
        "moment_shown": write_short_moment(asked.moment),
        "moment_field": write_field(asked.moment),
        "now_field": write_field(asked.now),
        "moments": moments(asked.now),
        "may_audit": asked.may(Role.AUDITOR),
        "may_operate": asked.may(Role.OPERATOR),
        "may_administer": asked.may(Role.ADMINISTRATOR),
    }


def offered_editions(asked: Asked) -> list[dict[str, Any]]:
    """The editions that judge hosts in view, and the one that is shown, each with its number of hosts."""
    judging = judging_editions(scope=asked.scope)
    titles = dict(edition_titles())
    ordered = [*(edition for edition in titles if edition in judging or edition == asked.edition)]
    if asked.edition not in titles:
        ordered.append(asked.edition)
    return [{"id": one, "title": edition_title(one), "hosts": judging[one]} for one in ordered]


def write_field(at: datetime) -> str:
    """A moment as the browser's field wants it, in the page's zone."""
    return timezone.localtime(at).strftime("%Y-%m-%dT%H:%M")


def moments(now: datetime) -> list[dict[str, str]]:
    """Moments of the past that people often ask for."""
    labels = {1: gettext("a day ago"), 7: gettext("a week ago"), 30: gettext("30 days ago"), 90: gettext("90 days ago")}
    return [{"label": label, "value": write_field(now - timedelta(days=days))} for days, label in labels.items()]
