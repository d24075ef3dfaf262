"""What a person's account says about every page: its language, a password to change first, the last visit."""

from collections.abc import Callable
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation

from posture.fleet.models import Account
from posture.fleet.services.accounts import note_visit

ALWAYS_OPEN = ("password", "sign-out", "language")
VISIT_EVERY = timedelta(minutes=5)


class AccountMiddleware:
    """Runs after authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        account = request.user
        if not isinstance(account, Account) or request.path.startswith(("/api/", "/static/")):
            return self.get_response(request)
        if account.language:
            translation.activate(account.language)
            request.LANGUAGE_CODE = account.language
        if account.must_change_password and request.path not in {reverse(name) for name in ALWAYS_OPEN}:
            return redirect("password")
        if account.last_visit_at is None or timezone.now() - account.last_visit_at > VISIT_EVERY:
            note_visit(account=account, at=timezone.now())
        response = self.get_response(request)
        # What a person sees depends on who they are: no shared cache, and nothing kept after sign-out.
        response.setdefault("Cache-Control", "private, no-store")
        return response
