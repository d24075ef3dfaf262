"""The words of the closed lists, in the viewer's language. Unknown words are shown as they are."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Words = Mapping[str, Promise]

STATUS: Words = {
    "fail": _("Fail"),
    "unknown": _("Unknown"),
    "manual": _("Manual review"),
    "pass": _("Pass"),
    "not_applicable": _("Not applicable"),
}
REASON: Words = {
    "not_permitted": _("the agent may not read it"),
    "source_failed": _("the source answered with an error"),
    "not_collected": _("it was not collected"),
    "timed_out": _("it took too long to read"),
    "too_large": _("it was too large to read"),
    "absent": _("it is not there"),
    "unsupported_by_kernel": _("unsupported by the kernel"),
    "needs_person": _("a person has to look"),
    "needs_parameter": _("needs a value under Settings, Benchmarks"),
    "not_applicable": _("the rule does not apply here"),
    "no_resource": _("there is nothing of this kind"),
}
SEVERITY: Words = {
    "critical": _("Critical"),
    "high": _("High"),
    "medium": _("Medium"),
    "low": _("Low"),
}
STATE: Words = {
    "reporting": _("Reporting"),
    "late": _("Late"),
    "silent": _("Silent"),
    "never_seen": _("Never seen"),
    "engine_unreadable": _("Engine unreadable"),
    "retired": _("Retired"),
}
SCORE: Words = {
    "good": pgettext_lazy("score", "Good"),
    "fair": pgettext_lazy("score", "Fair"),
    "weak": pgettext_lazy("score", "Weak"),
    "exposed": pgettext_lazy("score", "Exposed"),
    "none": pgettext_lazy("score", "Not judged"),
}
CAUSE: Words = {
    "broken": _("Broken"),
    "new": _("New resource"),
    "fixed": _("Fixed"),
    "gone": _("Resource gone"),
    "ruleset": _("Rules changed"),
}
KIND: Words = {
    "host": _("host"),
    "daemon": _("daemon"),
    "file": _("file"),
    "image": _("image"),
    "container": _("container"),
    "network": _("network"),
    "swarm": _("swarm"),
}
EFFECT: Words = {
    "live": _("Takes effect at once, nothing restarts"),
    "restart": _("Restarts the daemon"),
    "recreate": _("Re-creates the container"),
    "rebuild": _("Rebuilds the image, then re-creates its containers"),
    "host": _("Changes the host, containers stay"),
    "none": _("Nothing to run"),
}
EFFECT_SHORT: Words = {
    "live": pgettext_lazy("effect of a fix", "live"),
    "restart": pgettext_lazy("effect of a fix", "daemon restart"),
    "recreate": pgettext_lazy("effect of a fix", "re-create"),
    "rebuild": pgettext_lazy("effect of a fix", "image rebuild"),
    "host": pgettext_lazy("effect of a fix", "host change"),
    "none": pgettext_lazy("effect of a fix", "by a person"),
}
VIA: Words = {
    "live": _("On the running container"),
    "run": _("docker run"),
    "compose": _("Compose file"),
    "daemon.json": _("daemon.json"),
    "dockerfile": _("Dockerfile"),
    "host": _("Shell on the host"),
    "swarm": _("Swarm service"),
}
ACTION: Words = {
    "account.created": _("Account created"),
    "account.role_changed": _("Role changed"),
    "account.activated": _("Account reopened"),
    "account.deactivated": _("Account closed"),
    "account.password_reset": _("Password reset"),
    "account.password_changed": _("Password changed"),
    "account.signed_in": _("Signed in"),
    "account.signed_out": _("Signed out"),
    "enrolment_key.created": _("Enrolment key created"),
    "enrolment_key.revoked": _("Enrolment key revoked"),
    "host.enrolled": _("Host enrolled"),
    "agent_token.revoked": _("Agent token revoked"),
    "group.created": _("Group created"),
    "group.changed": _("Group changed"),
    "group.deleted": _("Group deleted"),
    "label.created": _("Label created"),
    "label.deleted": _("Label deleted"),
    "host.renamed": _("Host renamed"),
    "host.moved": _("Host moved"),
    "host.labelled": _("Labels of a host changed"),
    "host.retired": _("Host retired"),
    "host.returned": _("Host taken back"),
    "parameter.changed": _("Parameter changed"),
    "parameter.cleared": _("Parameter cleared"),
    "report.created": _("Report asked for"),
    "report.downloaded": _("Report downloaded"),
    "demo.created": _("Demo fleet made"),
    "demo.removed": _("Demo fleet removed"),
}


def word(words: Words, key: str) -> str:
    """The word of a key, or the key itself."""
    return str(words.get(key, key))
