"""The steps of a roll-out on one host, in order, and their words."""

from collections.abc import Callable, Mapping

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

INSTALL = ("connect", "look", "copy", "enrol", "install", "report", "verify")
REMOVE = ("connect", "look", "uninstall", "revoke")
TITLES: Mapping[str, Promise] = {
    "connect": pgettext_lazy("step", "connecting"),
    "look": pgettext_lazy("step", "looking for Python and rights"),
    "copy": pgettext_lazy("step", "copying the agent"),
    "enrol": pgettext_lazy("step", "enrolling"),
    "install": pgettext_lazy("step", "installing"),
    "report": pgettext_lazy("step", "sending the first facts"),
    "verify": pgettext_lazy("step", "waiting for the facts here"),
    "uninstall": pgettext_lazy("step", "uninstalling"),
    "revoke": pgettext_lazy("step", "revoking its token"),
}
Step = Callable[[str], None]
