"""A report's numbers and moments, as its language prints them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal


class Numerals:
    """Prints in one language and time zone."""

    def __init__(self, *, language: str, zone: str) -> None:
        self.language = "fr" if language == "fr" else "en"
        self.zone = ZoneInfo(zone)
        self.percent_sign = "\u202f%" if self.language == "fr" else "%"

    def count(self, value: int) -> str:
        return format_decimal(value, "#,##0", locale=self.language)

    def score(self, value: float | None) -> str:
        """Rounded down, as on the pages: 100 means all, and 90 is really reached."""
        return "–" if value is None else format_decimal(int(value * 10 + 1e-9) / 10, "0.0", locale=self.language)

    def percent(self, share: float) -> str:
        """Rounded down: 99.9 % is not all."""
        return format_decimal(int(share * 100 + 1e-9), "0", locale=self.language) + self.percent_sign

    def day(self, at: datetime) -> str:
        return format_date(at.astimezone(self.zone), "d MMM yyyy", locale=self.language)

    def moment(self, at: datetime) -> str:
        """ "3 March 2026 14:05 (UTC+01:00)"."""
        local = at.astimezone(self.zone)
        shift = local.strftime("%z")
        return f"{format_datetime(local, 'd MMMM yyyy HH:mm', locale=self.language)} (UTC{shift[:3]}:{shift[3:5]})"
