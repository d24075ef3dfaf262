"""Accounts of people."""

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from posture.fleet.models import Account, Role
from posture.fleet.services.audit import record_action

NEW_VISIT_AFTER = timedelta(minutes=30)


def make_password() -> str:
    """A random password of 96 bits that can be read aloud."""
    return "-".join(secrets.token_hex(3) for _part in range(4))


@transaction.atomic
def create_account(*, actor: str, username: str, role: Role, address: str | None) -> tuple[Account, str]:
    """A new account and its first password, which is shown once and has to be changed."""
    password = make_password()
    account = Account(username=username, role=role, must_change_password=True)
    account.set_password(password)
    account.full_clean(exclude=["password"])
    account.save()
    record_action(
        actor=actor, action="account.created", subject=username, details={"role": role.value}, address=address
    )
    return account, password


@transaction.atomic
def change_role(*, actor: str, account: Account, role: Role, address: str | None) -> None:
    """Give an account another role. The last active administrator stays one."""
    locked = Account.objects.select_for_update().get(pk=account.pk)
    if role != Role.ADMINISTRATOR:
        require_other_administrator(account=locked)
    before, locked.role = locked.role, role
    locked.save(update_fields=["role"])
    details = {"from": before, "to": role.value}
    record_action(actor=actor, action="account.role_changed", subject=locked.username, details=details, address=address)


@transaction.atomic
def set_active(*, actor: str, account: Account, active: bool, address: str | None) -> None:
    """Close an account (its sessions end with its next request) or open it again."""
    locked = Account.objects.select_for_update().get(pk=account.pk)
    if not active:
        require_other_administrator(account=locked)
    locked.is_active = active
    locked.save(update_fields=["is_active"])
    action = "account.activated" if active else "account.deactivated"
    record_action(actor=actor, action=action, subject=locked.username, details={}, address=address)


@transaction.atomic
def reset_password(*, actor: str, account: Account, address: str | None) -> str:
    """A new password, shown once, to be changed at the next sign-in. The account's sessions end."""
    password = make_password()
    account.set_password(password)
    account.must_change_password = True
    account.save(update_fields=["password", "must_change_password"])
    record_action(actor=actor, action="account.password_reset", subject=account.username, details={}, address=address)
    return password


@transaction.atomic
def change_own_password(*, account: Account, password: str, address: str | None) -> None:
    """A person's own new password."""
    validate_password(password, account)
    account.set_password(password)
    account.must_change_password = False
    account.save(update_fields=["password", "must_change_password"])
    record_action(
        actor=account.username, action="account.password_changed", subject=account.username, details={}, address=address
    )


def keep_language(*, account: Account, language: str) -> None:
    """Remember the language that a person chose."""
    account.language = language
    account.save(update_fields=["language"])


def note_visit(*, account: Account, at: datetime) -> None:
    """Remember when a person was here; a pause of half an hour begins a new visit."""
    if account.last_visit_at is None or at - account.last_visit_at > NEW_VISIT_AFTER:
        account.previous_visit_at = account.last_visit_at
    account.last_visit_at = at
    account.save(update_fields=["last_visit_at", "previous_visit_at"])


def require_other_administrator(*, account: Account) -> None:
    """Refuse to take the last active administrator away: nobody could undo it."""
    administrators = Account.objects.select_for_update().filter(role=Role.ADMINISTRATOR, is_active=True)
    if account.pk in {found.pk for found in administrators} and len(administrators) == 1:
        raise ValidationError(_("This is the last active administrator."))
