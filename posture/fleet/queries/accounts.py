"""Accounts of people."""

from posture.fleet.models import Account


def list_accounts() -> list[Account]:
    """Every account, the open ones first, by name."""
    return list(Account.objects.order_by("-is_active", "username"))
