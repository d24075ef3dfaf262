"""The form of a new enrolment key."""

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from posture.fleet.models import Group

LIFETIMES = {"1h": timedelta(hours=1), "1d": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}


class AddHostForm(forms.Form):
    """Group, number of uses, life, a name to tell keys apart."""

    group = forms.ModelChoiceField(
        label=_("Group"),
        queryset=Group.objects.order_by("name"),
        empty_label=None,
        help_text=_(
            "The group decides the benchmark, its parameters and who may see the host. A host can be moved later."
        ),
    )
    uses = forms.IntegerField(
        label=_("Number of hosts"),
        min_value=1,
        max_value=10_000,
        initial=1,
        help_text=_("How many hosts this key lets in."),
    )
    lifetime = forms.ChoiceField(
        label=_("The key is valid for"),
        choices=[("1h", _("one hour")), ("1d", _("one day")), ("7d", _("seven days")), ("30d", _("30 days"))],
        initial="1d",
    )
    name = forms.CharField(
        label=_("Name of the key"), max_length=80, required=False, help_text=_("For your own list; may stay empty.")
    )

    def clean_lifetime(self) -> timedelta:
        return LIFETIMES[self.cleaned_data["lifetime"]]
