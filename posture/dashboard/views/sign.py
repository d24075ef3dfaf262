"""Signing in and out, the own password, the language."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from posture.dashboard.access import page
from posture.dashboard.address import address_of
from posture.dashboard.forms.sign import PasswordForm, SignInForm
from posture.dashboard.request import Asked
from posture.fleet.models import Account
from posture.fleet.services.accounts import change_own_password, keep_language
from posture.fleet.services.audit import record_action


@method_decorator(never_cache, name="dispatch")
class SignIn(LoginView):
    """The sign-in page; django-axes closes it to a name and address after too many wrong passwords."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]  # its stub wants the base form
        answer = super().form_valid(form)
        account = form.get_user()
        record_action(actor=account.get_username(), action="account.signed_in", address=address_of(self.request))
        return answer


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    if isinstance(request.user, Account):
        record_action(actor=request.user.username, action="account.signed_out", address=address_of(request))
    logout(request)
    return redirect("sign-in")


@require_http_methods(["GET", "POST"])
@page()
def password(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Change one's own password; the page that a first or reset password leads to."""
    form = PasswordForm(asked.account, request.POST or None)
    if request.method == "POST" and form.is_valid():
        change_own_password(
            account=asked.account, password=form.cleaned_data["new_password1"], address=address_of(request)
        )
        update_session_auth_hash(request, asked.account)
        messages.success(request, _("Your password was changed."))
        return redirect("overview")
    return render(request, "accounts/password.html", {"form": form})


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language: kept on the account, and in a cookie for the pages before sign-in."""
    chosen = request.POST.get("language", "")
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = "/"
    answer = redirect(target)
    if chosen in dict(settings.LANGUAGES):
        if isinstance(request.user, Account):
            keep_language(account=request.user, language=chosen)
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=365 * 24 * 3600,
            samesite="Lax",
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return answer
