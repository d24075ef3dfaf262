"""Accounts of people; administrators only."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from posture.dashboard.access import page
from posture.dashboard.address import address_of
from posture.dashboard.forms.people import PersonForm
from posture.dashboard.request import Asked
from posture.fleet.models import Account, Role
from posture.fleet.queries.accounts import list_accounts
from posture.fleet.services.accounts import change_role, create_account, reset_password, set_active


@never_cache
@require_http_methods(["GET", "POST"])
@page(Role.ADMINISTRATOR)
def people(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Every account; a POST makes one, and its answer shows the first password this once."""
    form = PersonForm(request.POST or None)
    shown: tuple[str, str] | None = None
    if request.method == "POST" and form.is_valid():
        try:
            account, password = create_account(
                actor=asked.account.username,
                username=form.cleaned_data["username"],
                role=Role(form.cleaned_data["role"]),
                address=address_of(request),
            )
            shown, form = (account.username, password), PersonForm()
        except ValidationError as error:
            form.add_error(None, error.messages)
    return show(request, form, shown)


@never_cache
@require_POST
@page(Role.ADMINISTRATOR)
def person(request: HttpRequest, asked: Asked, account_id: int) -> HttpResponse:
    """Change one account: role, open or closed, a new password."""
    account = get_object_or_404(Account, pk=account_id)
    by: dict[str, Any] = {"actor": asked.account.username, "address": address_of(request)}
    try:
        match request.POST.get("do"):
            case "role" if request.POST.get("role") in Role.values:
                change_role(account=account, role=Role(request.POST["role"]), **by)
            case "close":
                set_active(account=account, active=False, **by)
            case "open":
                set_active(account=account, active=True, **by)
            case "reset":
                return show(request, PersonForm(), (account.username, reset_password(account=account, **by)))
            case _:
                messages.error(request, _("Nothing was changed: a value was not understood."))
                return redirect("settings-people")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("settings-people")
    messages.success(request, _("The account was changed."))
    return redirect("settings-people")


def show(request: HttpRequest, form: PersonForm, shown: tuple[str, str] | None) -> HttpResponse:
    """The page; ``shown`` is a name and its new password, shown this once."""
    context = {
        "section": "settings",
        "tab": "people",
        "accounts": list_accounts(),
        "roles": Role.choices,
        "form": form,
        "shown": shown,
    }
    return render(request, "settings/people.html", context)
