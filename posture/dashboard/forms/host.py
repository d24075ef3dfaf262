"""The form of a host's settings."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from posture.fleet.models import Group, Host, Label


class HostForm(forms.Form):
    """Name, group, labels, and whether the host is retired."""

    name = forms.CharField(label=_("Name"), max_length=253)
    group = forms.ModelChoiceField(label=_("Group"), queryset=Group.objects.order_by("name"), empty_label=None)
    labels = forms.ModelMultipleChoiceField(
        label=_("Labels"),
        queryset=Label.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    retired = forms.BooleanField(
        label=_("Retired"), required=False, help_text=_("A retired host is out of the score; its history stays.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """A choice of nothing is no question: there is no label."""
        super().__init__(*args, **kwargs)
        labels: Any = self.fields["labels"]
        if not labels.queryset.exists():
            labels.widget = forms.MultipleHiddenInput()

    @classmethod
    def of(cls, host: Host) -> "HostForm":
        """The form as the host is now."""
        initial = {
            "name": host.name,
            "group": host.group_id,
            "labels": list(host.labels.values_list("pk", flat=True)),
            "retired": host.retired_at is not None,
        }
        return cls(initial=initial)
