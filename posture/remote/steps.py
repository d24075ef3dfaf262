"""How far a visit that collects has come, and how it ended: closed lists with their words."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

STEPS: Mapping[str, Promise] = {
    "connect": pgettext_lazy("visit", "connecting"),
    "collect": pgettext_lazy("visit", "collecting"),
    "collect_without_python": pgettext_lazy("visit", "collecting without Python"),
    "store": pgettext_lazy("visit", "storing"),
}
RESULTS: Mapping[str, Promise] = {
    "waiting": pgettext_lazy("visit", "waiting"),
    "running": pgettext_lazy("visit", "under way"),
    "done": pgettext_lazy("visit", "collected, with changes"),
    "unchanged": pgettext_lazy("visit", "collected, nothing changed"),
    "failed": pgettext_lazy("visit", "failed"),
}
