"""The form of a new report."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from posture.dashboard.rulebook import edition_titles
from posture.fleet.models import Group, Host


class ReportForm(forms.Form):
    """Subject, benchmark, moment, language."""

    group = forms.ModelChoiceField(
        label=_("Group"), queryset=Group.objects.order_by("name"), required=False, empty_label=_("– a single host –")
    )
    host = forms.ModelChoiceField(
        label=_("Host"), queryset=Host.objects.order_by("name"), required=False, empty_label=_("– the whole group –")
    )
    edition = forms.ChoiceField(label=_("Benchmark"), choices=edition_titles)
    as_of = forms.DateTimeField(
        label=_("As of (UTC)"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Empty: now."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    def clean(self) -> dict[str, object]:
        """Exactly one subject."""
        found = super().clean() or {}
        if bool(found.get("group")) == bool(found.get("host")):
            raise forms.ValidationError(_("Choose a group or a host, one of both."))
        return found
