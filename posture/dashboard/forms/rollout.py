"""The form of a roll-out: which machines, how they are reached, where their hosts belong."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from posture.fleet.models import Group, Label, Reach, Source, SshKey
from posture.remote.problems import PROBLEMS
from posture.remote.rollout.host_list import LARGEST, MOST_ROWS, USER, ListedHost, Trouble, WrongList, read_list
from posture.remote.rollout.starting import Wish

REASONS: Mapping[str, Promise] = {
    "large": _("The list is larger than 256 KiB."),
    "many": _("The list has more than 1,000 hosts."),
    "empty": _("The list has no host: a head with the names of the columns, then one line a host."),
    "csv": _("This is no CSV: a quotation mark is missing or too many."),
    "wide": _("This line has more values than the head has columns."),
    "column": _("This column is not known. Columns are address, port, user, name, jump, fingerprint."),
    "head": _("The first line has to name the columns, address among them."),
    "repeated": _("This column comes twice."),
    "missing": _("The address is missing."),
    "address": _("This is neither a host name nor an IP address."),
    "port": _("A port is a number from 1 to 65535."),
    "user": _("This is no user name."),
    "name": _("At most 253 printable characters."),
    "fingerprint": _("A fingerprint looks like “SHA256:” and 43 characters."),
    "twice": _("This stands in the list a second time."),
    "taken": _("Another machine has this name."),
    "other_key": _("Another host key was approved for this machine."),
    "jump": _("No machine has this name: jump hosts are named by their column name, or as under Remote hosts."),
}


class RolloutForm(forms.Form):
    """A list pasted or uploaded, machines that are known, or all three."""

    listed = forms.CharField(
        label=_("List of hosts"),
        required=False,
        max_length=LARGEST,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 6, "spellcheck": "false", "placeholder": _("address,port,user,name,jump")}
        ),
        help_text=_(
            "CSV with a head: address, and where you like port, user, name, jump, fingerprint. Commas, semicolons or"
            " tabs; at most 1,000 lines."
        ),
    )
    file = forms.FileField(label=_("… or a CSV file"), required=False)
    known = forms.ModelMultipleChoiceField(
        label=_("… or machines that are known"),
        queryset=Reach.objects.filter(method=Source.SSH).order_by("name"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 5}),
    )
    key = forms.ModelChoiceField(
        label=_("SSH key"),
        queryset=SshKey.objects.order_by("name"),
        empty_label=None,
        help_text=_("A machine that has led to a host before keeps its own key, sudo and group."),
    )
    user = forms.RegexField(
        label=_("User"), regex=rf"^{USER.pattern}\Z", initial="root", help_text=_("Where the list names none.")
    )
    use_sudo = forms.BooleanField(
        label=_("Use sudo"), required=False, help_text=_("For users other than root; it must not ask for a password.")
    )
    group = forms.ModelChoiceField(label=_("Group"), queryset=Group.objects.order_by("name"), empty_label=None)
    labels = forms.ModelMultipleChoiceField(
        label=_("Labels"),
        queryset=Label.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """A choice of nothing is no question: no machine is known, there is no label."""
        super().__init__(*args, **kwargs)
        for name in ("known", "labels"):
            choices: Any = self.fields[name]
            if not choices.queryset.exists():
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Read the list; each trouble names its line and column."""
        found = super().clean() or {}
        upload = found.get("file")
        text = found.get("listed") or ""
        found["hosts"] = []
        if upload is not None and text.strip():
            self.add_error("file", _("Give a file or a pasted list, one of both."))
        elif upload is not None:
            # One byte more than may be: what is larger is refused unread.
            found["hosts"] = self.read("file", upload.read(LARGEST + 1))
        elif text.strip():
            found["hosts"] = self.read("listed", text.encode())
        elif not found.get("known") and not self.errors:
            self.add_error("listed", _("Name at least one host."))
        if len(found["hosts"]) + len(found.get("known") or ()) > MOST_ROWS:
            self.add_error("known" if "known" in self.fields else None, str(REASONS["many"]))
        return found

    def read(self, field: str, data: bytes) -> list[ListedHost]:
        try:
            return read_list(data)
        except WrongList as error:
            self.refuse(error, field=field)
            return []

    def refuse(self, error: WrongList, *, field: str = "") -> None:
        """Say at the list what is wrong with it."""
        place = field or ("file" if self.files.get("file") else "listed")
        for trouble in error.troubles:
            self.add_error(place, told(trouble))

    def wish(self) -> Wish:
        found = self.cleaned_data
        return Wish(found["key"], found["user"], found["use_sudo"], found["group"], list(found.get("labels", ())))


def told(trouble: Trouble) -> str:
    """A trouble in words: its line, its column, what stands there, what is wrong."""
    place = _("Line %(line)s, column %(column)s") if trouble.column else _("Line %(line)s")
    words = REASONS[trouble.reason] if trouble.reason in REASONS else PROBLEMS[trouble.reason].title
    value = f" “{trouble.value}”" if trouble.value else ""
    return f"{place % {'line': trouble.line, 'column': trouble.column}}{value} – {words}"
