"""The form of one parameter of a rule."""

from django import forms
from django.utils.translation import gettext_lazy as _

from posture.evaluation.rule import Parameter, ParameterType


class ParameterForm(forms.Form):
    """One value, as text; empty takes the operator's own value away."""

    rule = forms.CharField(widget=forms.HiddenInput, max_length=80)
    name = forms.CharField(widget=forms.HiddenInput, max_length=40)
    value = forms.CharField(required=False, max_length=8000)


def read_value(parameter: Parameter, text: str) -> object:
    """The value of a form's text in the parameter's type; None when empty. ValueError when it is none of that type."""
    text = text.strip()
    if not text:
        return None
    if parameter.type is ParameterType.INTEGER:
        return int(text)
    if parameter.type is ParameterType.BOOLEAN:
        if text not in ("true", "false"):
            raise ValueError(_("Choose yes or no."))
        return text == "true"
    if parameter.type is ParameterType.TEXTS:
        return [line.strip() for line in text.splitlines() if line.strip()]
    return text


def write_value(value: object) -> str:
    """A value as the form's text: one line an item."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "\n".join(str(item) for item in value)
    return str(value)
