"""Enrolment keys and the installations they let in."""

from datetime import datetime

from django.db.models import Q, QuerySet

from posture.fleet.models import EnrolmentKey, Installation
from posture.fleet.queries.scope import Scope


def list_keys(*, now: datetime, limit: int = 200) -> list[EnrolmentKey]:
    """Keys, the newest first; those that can still be used before the spent ones."""
    keys = EnrolmentKey.objects.select_related("group").order_by("-created_at")[:limit]
    return sorted(keys, key=lambda key: not usable(key=key, now=now))


def usable(*, key: EnrolmentKey, now: datetime) -> bool:
    """Whether a key still lets an installation in."""
    return key.revoked_at is None and key.expires_at > now and key.used < key.use_limit


def list_installations(*, scope: Scope, limit: int = 500) -> list[Installation]:
    """Installations of the scope's hosts: quarantined first, then the newest."""
    found: QuerySet[Installation] = Installation.objects.filter(host__in=scope.hosts()).select_related(
        "host", "enrolment_key"
    )
    return list(found.order_by("quarantined_at", "-enrolled_at")[:limit])


def find_key(*, key: int) -> EnrolmentKey | None:
    """One key."""
    return EnrolmentKey.objects.select_related("group").filter(pk=key).first()


def newcomers(*, key: EnrolmentKey) -> list[Installation]:
    """The installations that a key let in, the newest first, with their hosts and cursors."""
    return list(
        Installation.objects.filter(Q(enrolment_key=key)).select_related("host__cursor").order_by("-enrolled_at")[:20]
    )
