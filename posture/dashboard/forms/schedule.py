"""The form of how a group's hosts report: interval, daily budget, planned hours."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from posture.fleet.models import Group
from posture.fleet.offline_hours import MOST_WINDOWS, WrongWindow, read_hours, zones
from posture.fleet.services.schedules import LEAST_BYTES, LONGEST, MOST_BYTES, SHORTEST, Wish

KILO = 1000
SPARE = 2  # empty windows to fill in
REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
ABOVE, OWN = "above", "own"
REASONS = {
    "always": _("At least one hour of the week has to be left in which the host is expected."),
    "many": _("These are too many windows."),
    "zone": _("This time zone is not known."),
}


def zone_choices() -> list[tuple[str, str]]:
    """UTC and the zones that are named by a place."""
    return [("UTC", "UTC"), *((name, name) for name in sorted(zones()) if name.partition("/")[0] in REGIONS)]


class ScheduleForm(forms.Form):
    """Empty fields: as in the group above. A window that is not filled in at all is none."""

    interval = forms.IntegerField(
        label=_("Seconds between two check-ins"), required=False, min_value=SHORTEST, max_value=LONGEST
    )
    daily_kilobytes = forms.IntegerField(
        label=_("Kilobytes that an agent may send a day"),
        required=False,
        min_value=0,
        max_value=MOST_BYTES // KILO,
        help_text=_(
            "0: no limit. Once they are spent, snapshots wait for the next day (UTC); the small check-ins always go."
        ),
    )
    hours = forms.ChoiceField(
        label=_("Hours in which the hosts are expected to be offline"),
        choices=[(ABOVE, _("as in the group above")), (OWN, _("those below"))],
        widget=forms.RadioSelect,
    )
    timezone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices)

    def __init__(self, data: Mapping[str, Any] | None = None, *, group: Group) -> None:
        windows = group.offline_hours or []
        self.rows = min(len(windows) + SPARE, MOST_WINDOWS)
        if data is not None:
            self.rows = sum(f"from_{place}" in data for place in range(MOST_WINDOWS))
        super().__init__(data, initial=initial_of(group))
        for place in range(self.rows):
            window = windows[place] if place < len(windows) else {}
            self.add_row(place, window)

    def add_row(self, place: int, window: Mapping[str, Any]) -> None:
        """Three fields of one window."""
        days = [(str(day), WEEKDAYS_ABBR[day]) for day in WEEKDAYS]
        self.fields[f"days_{place}"] = forms.TypedMultipleChoiceField(
            label=_("Begins on"),
            choices=days,
            coerce=int,
            required=False,
            initial=[str(day) for day in window.get("days", ())],
            widget=forms.CheckboxSelectMultiple,
        )
        for name, label in (("from", _("From")), ("to", _("Until"))):
            self.fields[f"{name}_{place}"] = forms.TimeField(
                label=label,
                required=False,
                initial=window.get(name),
                input_formats=["%H:%M", "%H:%M:%S"],
                widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            )

    @property
    def windows(self) -> Iterator[list[BoundField]]:
        """The fields of each window, to be drawn in a row."""
        for place in range(self.rows):
            yield [self[f"days_{place}"], self[f"from_{place}"], self[f"to_{place}"]]

    @property
    def plain(self) -> list[BoundField]:
        """The fields that stand alone."""
        return [self[name] for name in ("interval", "daily_kilobytes", "hours", "timezone")]

    def clean_daily_kilobytes(self) -> int | None:
        given: int | None = self.cleaned_data["daily_kilobytes"]
        if given and given * KILO < LEAST_BYTES:
            raise forms.ValidationError(
                _("Give 0 or at least %(least)s.") % {"least": LEAST_BYTES // KILO}, code="small"
            )
        return None if given is None else given * KILO

    def clean(self) -> dict[str, Any]:
        """Read the windows; what is wrong is said at its field."""
        found = super().clean() or {}
        windows = [window for place in range(self.rows) if (window := self.read_window(found, place)) is not None]
        if not self.errors:
            try:
                read_hours(windows, found["timezone"])
            except WrongWindow as error:
                self.add_error("timezone" if str(error) == "zone" else "hours", REASONS[str(error)])
        found["windows"] = windows
        return found

    def read_window(self, found: Mapping[str, Any], place: int) -> dict[str, object] | None:
        """One window as it is kept, None where nothing is filled in or something is wrong."""
        days, begin, end = (found.get(f"{name}_{place}") for name in ("days", "from", "to"))
        if not days and begin is None and end is None:
            return None
        if not days:
            self.add_error(f"days_{place}", _("Choose at least one day."))
        for name, value in (("from", begin), ("to", end)):
            if value is None and f"{name}_{place}" not in self.errors:
                self.add_error(f"{name}_{place}", _("Give a time."))
        if not days or begin is None or end is None:
            return None
        return {"days": sorted(days), "from": f"{begin:%H:%M}", "to": f"{end:%H:%M}"}

    def wish(self) -> Wish:
        """What the group says from now on."""
        found = self.cleaned_data
        own = found["hours"] == OWN
        return Wish(
            interval=found["interval"],
            daily_bytes=found["daily_kilobytes"],
            offline_hours=found["windows"] if own else None,
            timezone=found["timezone"] if own else "UTC",
        )


def initial_of(group: Group) -> dict[str, object]:
    """The form as the group is now."""
    return {
        "interval": group.interval,
        "daily_kilobytes": None if group.daily_bytes is None else group.daily_bytes // KILO,
        "hours": ABOVE if group.offline_hours is None else OWN,
        "timezone": group.timezone,
    }
