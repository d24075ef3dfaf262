"""Numbers and times as people read them in their language."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

ABSENT = "–"


def write_score(score: float | None) -> str:
    """A score with one decimal: 78.4, in French 78,4. Rounded down: 100 means all, and 90 is really reached."""
    return ABSENT if score is None else number_format(int(score * 10 + 1e-9) / 10, decimal_pos=1)


def write_change(change: float | None) -> str:
    """A signed number of points: +4.1, −0.3, ±0."""
    if change is None:
        return ABSENT
    size = number_format(abs(round(change, 1)), decimal_pos=1)
    if abs(change) < 0.05:
        return "±0" if change == 0 else ("+<" if change > 0 else "−<") + number_format(0.1, decimal_pos=1)
    return f"{'+' if change > 0 else '−'}{size}"


def write_percent(share: float | None) -> str:
    """A share of 0-1 as whole percent, rounded down: 99.9 % is not all."""
    if share is None:
        return ABSENT
    return _("%(number)s%%") % {"number": number_format(int(share * 100 + 1e-9))}


def write_count(count: int) -> str:
    """A whole number with separators of thousands."""
    return number_format(count, use_l10n=True, force_grouping=True)


def write_moment(at: datetime) -> str:
    """An exact moment with its zone: 22 Nov 2026 14:05:09 UTC."""
    local = timezone.localtime(at)
    form = _("j M Y, H:i:s")
    return f"{date_format(local, form)} {local.tzname()}"


def write_short_moment(at: datetime) -> str:
    """A moment without seconds."""
    return date_format(timezone.localtime(at), _("j M Y, H:i"))


def write_day(at: datetime) -> str:
    """A day."""
    return date_format(timezone.localtime(at), _("j M Y"))


def write_ago(at: datetime, now: datetime) -> str:
    """How long ago, in its largest unit: "3 minutes ago"; the future reads "in 3 minutes"."""
    seconds = (now - at).total_seconds()
    if abs(seconds) < 60:
        return _("just now")
    if seconds > 0:
        return _("%(time)s ago") % {"time": timesince(at, now, depth=1)}
    return _("in %(time)s") % {"time": timesince(now, at, depth=1)}
