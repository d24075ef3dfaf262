"""Forms of machines that this server reaches by itself, and of its SSH keys."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from posture.fleet.models import Group, Reach, Source, SshKey

PEM = {"rows": 4, "spellcheck": "false", "autocomplete": "off"}


class ReachForm(forms.Form):
    """How a machine is reached. The service checks what belongs together."""

    method = forms.ChoiceField(
        label=_("Way"),
        choices=[(Source.SSH.value, Source.SSH.label), (Source.TLS.value, Source.TLS.label)],
        widget=forms.RadioSelect,
        initial=Source.SSH.value,
        help_text=_(
            "SSH sees the whole host, like the agent. TLS sees the engine only: what belongs to its host stays unknown."
        ),
    )
    name = forms.CharField(label=_("Name"), max_length=253)
    group = forms.ModelChoiceField(
        label=_("Group"),
        queryset=Group.objects.order_by("name"),
        empty_label=None,
        help_text=_("Decides how often it is visited, and where a new host belongs."),
    )
    address = forms.CharField(label=_("Address"), max_length=253, help_text=_("A host name or an IP address."))
    port = forms.IntegerField(
        label=_("Port"), min_value=1, max_value=65535, initial=22, help_text=_("22 for SSH, mostly 2376 for TLS.")
    )
    user = forms.CharField(label=_("User"), max_length=64, initial="root", required=False, help_text=_("For SSH."))
    use_sudo = forms.BooleanField(
        label=_("Use sudo"),
        required=False,
        help_text=_("For users other than root. sudo must not ask for a password; one is never sent."),
    )
    key = forms.ModelChoiceField(label=_("SSH key"), queryset=SshKey.objects.order_by("name"), required=False)
    jump = forms.ModelChoiceField(
        label=_("Jump host"),
        queryset=Reach.objects.filter(method=Source.SSH).order_by("name"),
        required=False,
        help_text=_("Another of these machines, where this one can only be reached through it."),
    )
    tls_ca = forms.CharField(
        label=_("Certificate authority of the engine"), required=False, widget=forms.Textarea(attrs=PEM)
    )
    tls_certificate = forms.CharField(
        label=_("Our certificate for the engine"), required=False, widget=forms.Textarea(attrs=PEM)
    )
    tls_key = forms.CharField(
        label=_("Private key of our certificate"),
        required=False,
        widget=forms.Textarea(attrs=PEM),
        help_text=_("Kept encrypted and never shown again; leave it empty to keep the one of before."),
    )
    scheduled = forms.BooleanField(
        label=_("Collect regularly"),
        required=False,
        initial=True,
        help_text=_("At the group’s interval. An agent on this host is told to stop: one source reports a host."),
    )

    def __init__(self, *args: Any, own: Reach | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if own is not None:
            jumps: Any = self.fields["jump"]
            jumps.queryset = jumps.queryset.exclude(pk=own.pk)

    def clean(self) -> dict[str, Any]:
        """Over TLS no SSH key is used, and none is held by the machine: the page does not show the field then."""
        found = super().clean() or {}
        return {**found, "key": None, "jump": None} if found.get("method") == Source.TLS.value else found


class NewKeyForm(forms.Form):
    """A key pair to be made here."""

    name = forms.CharField(label=_("Name"), max_length=80)


class ImportKeyForm(forms.Form):
    """A key pair that somebody brings along."""

    name = forms.CharField(label=_("Name"), max_length=80)
    private = forms.CharField(
        label=_("Private key"),
        widget=forms.Textarea(attrs=PEM),
        strip=False,
        help_text=_("OpenSSH or PEM form. It is kept encrypted and never shown again."),
    )
    passphrase = forms.CharField(
        label=_("Passphrase"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Where it has one. It is needed once and not kept."),
    )
