"""The form of a new report."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from posture.dashboard.rulebook import edition_titles
from posture.fleet.models import Group, Host
from posture.fleet.queries.editions import judging_editions
from posture.fleet.queries.report import edition_scores
from posture.fleet.queries.scope import Scope


class ReportForm(forms.Form):
    """Subject, benchmark, moment, language."""

    group = forms.ModelChoiceField(
        label=_("Group"), queryset=Group.objects.order_by("name"), required=False, empty_label=_("– a single host –")
    )
    host = forms.ModelChoiceField(
        label=_("Host"), queryset=Host.objects.order_by("name"), required=False, empty_label=_("– the whole group –")
    )
    edition = forms.ChoiceField(
        label=_("Benchmark"),
        choices=edition_titles,
        help_text=_("One by which the group or host is judged, or was at that moment."),
    )
    as_of = forms.DateTimeField(
        label=_("As of (UTC)"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Empty: now."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scope = scope

    def clean(self) -> dict[str, object]:
        """Exactly one subject, and an edition that judges it."""
        found = super().clean() or {}
        if bool(found.get("group")) == bool(found.get("host")):
            raise forms.ValidationError(_("Choose a group or a host, one of both."))
        if "edition" in found and not self.is_judged(found):
            self.add_error("edition", _("This benchmark does not judge it: Settings, Benchmarks says which ones do."))
        return found

    def is_judged(self, found: dict[str, Any]) -> bool:
        """Whether the edition judges the subject today, or did at the report's moment."""
        host = found.get("host")
        owner = host.group_id if host is not None else found["group"].pk
        if found["edition"] in judging_editions(scope=Scope(groups=self.scope.groups, group=owner)):
            return True
        subject = Scope(groups=self.scope.groups, host=host.pk if host else None, group=None if host else owner)
        at = found.get("as_of") or timezone.now()
        return bool(edition_scores(scope=subject, edition=found["edition"], at=at))
