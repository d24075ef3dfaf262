"""Forms of groups and labels."""

from django import forms
from django.utils.translation import gettext_lazy as _

from posture.dashboard.rulebook import edition_titles
from posture.evaluation.catalogue import OWN_EDITION


class GroupForm(forms.Form):
    """Name and primary edition."""

    name = forms.CharField(label=_("Name"), max_length=80)
    primary_edition = forms.ChoiceField(label=_("Benchmark"), choices=edition_titles, initial=OWN_EDITION)


class LabelForm(forms.Form):
    """A label's name."""

    name = forms.CharField(label=_("Name"), max_length=64)
