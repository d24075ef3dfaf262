"""Groups and labels."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from posture.dashboard.access import page, require
from posture.dashboard.address import address_of
from posture.dashboard.forms.editing import GroupForm, LabelForm
from posture.dashboard.forms.schedule import KILO, ScheduleForm
from posture.dashboard.hours import write_hours
from posture.dashboard.request import Asked
from posture.dashboard.rulebook import edition_titles
from posture.fleet.models import Group, Label, Role
from posture.fleet.queries.groups import list_labels
from posture.fleet.services.choices import chain
from posture.fleet.services.editions import set_primary_edition
from posture.fleet.services.group_edits import create_group, create_label, delete_group, delete_label, rename_group
from posture.fleet.services.schedules import InForce, in_force, set_schedule
from posture.fleet.tasks import advance_soon


def by(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    """Who does it, for the audit log."""
    return {"actor": asked.account.username, "address": address_of(request)}


@require_http_methods(["GET", "POST"])
@page()
def groups(request: HttpRequest, asked: Asked) -> HttpResponse:
    """The groups and labels; a POST makes one of either."""
    if request.method == "POST":
        require(asked, Role.OPERATOR)
    kind = request.POST.get("kind")
    form = GroupForm(request.POST if kind == "group" else None, prefix="group")
    label_form = LabelForm(request.POST if kind == "label" else None, prefix="label")
    try:
        if kind == "group" and form.is_valid():
            create_group(**form.cleaned_data, **by(request, asked))
            messages.success(request, _("The group was made."))
            return redirect("settings-groups")
        if kind == "label" and label_form.is_valid():
            create_label(**label_form.cleaned_data, **by(request, asked))
            messages.success(request, _("The label was made."))
            return redirect("settings-groups")
    except ValidationError as error:
        (form if kind == "group" else label_form).add_error(None, error.messages)
    context = {
        "section": "settings",
        "tab": "groups",
        "titles": dict(edition_titles()),
        "form": form,
        "label_form": label_form,
        "labels": list_labels(),
    }
    return render(request, "settings/groups.html", context)


@require_http_methods(["GET", "POST"])
@page(Role.OPERATOR)
def group(request: HttpRequest, asked: Asked, group_id: int) -> HttpResponse:
    """Change or delete one group."""
    found = get_object_or_404(Group, pk=group_id)
    is_schedule = request.POST.get("kind") == "schedule"
    initial = {"name": found.name, "primary_edition": found.primary_edition}
    form = GroupForm(None if is_schedule else request.POST or None, initial=initial)
    schedule = ScheduleForm(request.POST if is_schedule else None, group=found)
    try:
        if is_schedule and schedule.is_valid():
            set_schedule(group=found, wish=schedule.wish(), now=asked.now, **by(request, asked))
            messages.success(request, _("The schedule was changed; agents hear of it at their next check-in."))
            return redirect("settings-group", group_id)
        if "delete" in request.POST:
            delete_group(group=found, **by(request, asked))
            messages.success(request, _("The group was deleted."))
            return redirect("settings-groups")
        if not is_schedule and request.method == "POST" and form.is_valid():
            change(request, asked, found, form)
            messages.success(request, _("The group was changed."))
            return redirect("settings-groups")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("settings-group", group_id)
    line = chain(group=found)
    context = {
        "section": "settings",
        "tab": "groups",
        "group": found,
        "form": form,
        "schedule": schedule,
        "above": told(in_force(line=line[1:])),
        "parent": found.parent,
    }
    return render(request, "settings/group.html", context)


def told(schedule: InForce) -> dict[str, Any]:
    """What holds for a group, in words."""
    return {
        "interval": schedule.interval,
        "kilobytes": schedule.daily_bytes // KILO if schedule.daily_bytes else None,
        "hours": write_hours(schedule.offline_hours),
        "timezone": schedule.timezone,
    }


def change(request: HttpRequest, asked: Asked, found: Group, form: GroupForm) -> None:
    """Rename a group, give it another primary edition, or both."""
    name, edition = form.cleaned_data["name"], form.cleaned_data["primary_edition"]
    if name != found.name:
        rename_group(group=found, name=name, **by(request, asked))
    if edition != found.primary_edition:
        for host in set_primary_edition(group=found, edition=edition, now=asked.now, **by(request, asked)):
            advance_soon(host=host)


@require_POST
@page(Role.OPERATOR)
def label(request: HttpRequest, asked: Asked, label_id: int) -> HttpResponse:
    """Delete one label."""
    delete_label(label=get_object_or_404(Label, pk=label_id), **by(request, asked))
    messages.success(request, _("The label was deleted."))
    return redirect("settings-groups")
