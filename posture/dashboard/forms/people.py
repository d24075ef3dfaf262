"""The form of a new account."""

from django import forms
from django.utils.translation import gettext_lazy as _

from posture.fleet.models import Account, Role


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """User name and role; the first password is made."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=Role.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "Viewers read. Auditors also make reports and read the audit log. Operators also add hosts, keys, groups "
            "and parameters. Administrators also look after accounts."
        ),
        initial=Role.VIEWER,
    )

    class Meta:
        model = Account
        fields = ("username", "role")
        labels = {"username": _("User name")}
        help_texts = {"username": ""}
