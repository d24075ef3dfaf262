"""Remote hosts: machines that this server reaches by itself, its SSH keys, and the host keys that wait for a person."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from posture.dashboard.access import page
from posture.dashboard.address import address_of
from posture.dashboard.forms.remote import ImportKeyForm, NewKeyForm, ReachForm
from posture.dashboard.request import Asked
from posture.dashboard.shown_keys import read_shown
from posture.fleet.models import Host, Reach, Role, SshKey
from posture.fleet.services.groups import get_or_create_group
from posture.remote.host_keys import fingerprint_of
from posture.remote.keys import import_ssh_key, make_ssh_key
from posture.remote.listing import (
    VISITS,
    ReachFilter,
    key_questions,
    list_keys,
    list_lines,
    list_runs,
    question_of,
    reaches,
)
from posture.remote.reaches import (
    FIELDS,
    approve_host_key,
    delete_reach,
    delete_ssh_key,
    refuse_host_key,
    save_reach,
)
from posture.remote.runs import ask_visit
from posture.remote.tasks import visit_soon


@never_cache
@sensitive_post_parameters("private", "passphrase")
@require_http_methods(["GET", "POST"])
@page(Role.ADMINISTRATOR)
def remote(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Every machine with its last visit, and the server's keys; a POST makes a key or takes one over."""
    kind = request.POST.get("kind")
    new = NewKeyForm(request.POST if kind == "new" else None, prefix="new")
    brought = ImportKeyForm(request.POST if kind == "import" else None, prefix="import")
    form: NewKeyForm | ImportKeyForm = new if kind == "new" else brought
    if request.method == "POST" and form.is_valid():
        by: dict[str, Any] = {"actor": asked.account.username, "address": address_of(request)}
        try:
            make_ssh_key(**form.cleaned_data, **by) if kind == "new" else import_key(form.cleaned_data, by)
        except ValidationError as error:
            tell(form, error)
        else:
            messages.success(request, _("The key is there: let its public part in on the machines."))
            return redirect("settings-remote")
    wanted = ReachFilter(text=asked.text("q"), visits=asked.choice("visits", tuple(VISITS)))
    shown, questions = list_lines(wanted=wanted, number=asked.page), key_questions()
    first = [question for question in questions if not question.approved]
    context = {
        "section": "settings",
        "tab": "remote",
        "wanted": wanted,
        "page": shown,
        "busy": any(line.open for line in shown.rows),
        # A changed key is a question of its own, and so is a single new one; several new ones are a table.
        "questions": questions if len(first) < 2 else [question for question in questions if question.approved],
        "first_keys": first if len(first) > 1 else [],
        "keys": list_keys(),
        "new": new,
        "brought": brought,
    }
    return render(request, "settings/remote.html", context)


def import_key(given: dict[str, str], by: dict[str, Any]) -> SshKey:
    """Take over a pasted key."""
    return import_ssh_key(name=given["name"], text=given["private"], passphrase=given["passphrase"], **by)


@never_cache
@sensitive_post_parameters("tls_key")
@require_http_methods(["GET", "POST"])
@page(Role.ADMINISTRATOR)
def add(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Add a machine; ``host`` in the address says which known host it is."""
    known = request.GET.get("host", "")
    host = Host.objects.filter(pk=known).first() if is_identifier(known) else None
    first = {
        "group": host.group if host else get_or_create_group(),
        "name": host.name if host else "",
        "key": only_key(),
    }
    form = ReachForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        made = save(request, asked, form, Reach(host=host))
        if made is not None:
            messages.success(request, _("The machine is there. Its host key is shown after the first visit."))
            return redirect("settings-reach", made.pk)
    return render(request, "settings/reach_add.html", {"section": "settings", "tab": "remote", "form": form})


def only_key() -> SshKey | None:
    """The server's SSH key, where there is no choice."""
    keys = list(SshKey.objects.all()[:2])
    return keys[0] if len(keys) == 1 else None


@never_cache
@sensitive_post_parameters("tls_key")
@require_http_methods(["GET", "POST"])
@page(Role.ADMINISTRATOR)
def reach(request: HttpRequest, asked: Asked, reach_id: uuid.UUID) -> HttpResponse:
    """One machine: its form, its host key, its visits."""
    found = get_object_or_404(reaches(), pk=reach_id)
    form = ReachForm(request.POST or None, initial={name: getattr(found, name) for name in FIELDS}, own=found)
    if request.method == "POST" and form.is_valid() and save(request, asked, form, found) is not None:
        messages.success(request, _("The machine was changed."))
        return redirect("settings-reach", found.pk)
    shown = get_object_or_404(reaches(), pk=reach_id)
    lines = list_runs(reach=shown)
    context = {
        "section": "settings",
        "tab": "remote",
        "reach": shown,
        "form": form,
        "approved": fingerprint_of(shown.host_key),
        "question": question_of(shown) if shown.offered_key else None,
        "lines": lines,
        "busy": any(line.open for line in lines),
    }
    return render(request, "settings/reach.html", context)


@require_POST
@page(Role.ADMINISTRATOR)
def act(request: HttpRequest, asked: Asked, reach_id: uuid.UUID) -> HttpResponse:
    """Visit a machine now, decide about its host key, or delete it."""
    found = get_object_or_404(reaches(), pk=reach_id)
    by: dict[str, Any] = {"actor": asked.account.username, "address": address_of(request)}
    seen = request.POST.get("fingerprint", "")
    match request.POST.get("do"):
        case "visit":
            run = ask_visit(reach=found, now=asked.now, **by)
            if run is not None:
                visit_soon(run=run.pk)
            messages.success(request, _("The machine is being visited.") if run else _("A visit is under way already."))
        case "approve" if approve_host_key(reach=found, fingerprint=seen, **by):
            messages.success(request, _("The host key is approved."))
        case "refuse" if refuse_host_key(reach=found, fingerprint=seen, **by):
            messages.success(request, _("The host key was refused; the machine is not visited with it."))
        case "approve" | "refuse":
            messages.error(request, _("Nothing was changed: the machine offers another host key by now. Look again."))
        case "delete":
            return delete(request, found, by)
        case _:
            messages.error(request, _("Nothing was changed: a value was not understood."))
    return redirect("settings-reach", found.pk)


@require_POST
@page(Role.ADMINISTRATOR)
def approve_keys(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Approve the host keys that the page showed of machines that had none."""
    shown = read_shown(request.POST.getlist("key"))
    by: dict[str, Any] = {"actor": asked.account.username, "address": address_of(request)}
    waiting = reaches().filter(pk__in=shown, host_key="")
    number = sum(approve_host_key(reach=found, fingerprint=shown[found.pk], **by) for found in waiting)
    told = ngettext("%(number)s host key is approved.", "%(number)s host keys are approved.", number)
    messages.success(request, told % {"number": number})
    return redirect("settings-remote")


def delete(request: HttpRequest, found: Reach, by: dict[str, Any]) -> HttpResponse:
    """Delete a machine, and say how that went."""
    try:
        delete_reach(reach=found, **by)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("settings-reach", found.pk)
    messages.success(request, _("The machine is not reached any more. Its host and its history stay."))
    return redirect("settings-remote")


@require_POST
@page(Role.ADMINISTRATOR)
def delete_key(request: HttpRequest, asked: Asked, key_id: int) -> HttpResponse:
    """Delete a key pair."""
    try:
        delete_ssh_key(
            key=get_object_or_404(SshKey, pk=key_id), actor=asked.account.username, address=address_of(request)
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The key was deleted."))
    return redirect("settings-remote")


def save(request: HttpRequest, asked: Asked, form: ReachForm, found: Reach) -> Reach | None:
    """Save a machine; None when the form has to be shown again, with what is wrong."""
    wished = {name: form.cleaned_data[name] for name in FIELDS}
    try:
        return save_reach(
            reach=found,
            wished=wished,
            tls_key=form.cleaned_data["tls_key"],
            actor=asked.account.username,
            address=address_of(request),
        )
    except ValidationError as error:
        tell(form, error)
        return None


def tell(form: Any, error: ValidationError) -> None:
    """Put what is wrong beside its field."""
    for name, said in error.message_dict.items() if hasattr(error, "error_dict") else [("", error.messages)]:
        form.add_error(name if name in form.fields else None, said)


def is_identifier(text: str) -> bool:
    """Whether a text is a UUID."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
