"""Moments as engines print them: RFC 3339, up to nanoseconds, any offset."""

from datetime import UTC, datetime


def parse_moment(text: str) -> datetime | None:
    """The moment in UTC, or None when the text is no moment or the engine's zero value (before 1970)."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        return None
    return moment if moment.year >= 1970 else None


def canonical_moment(moment: datetime) -> str:
    """RFC 3339 in UTC, whole seconds, with Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
