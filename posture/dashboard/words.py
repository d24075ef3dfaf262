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
# What looks alike in a list and is not.
DUE_TO: Words = {
    "unsupported": _("Unsupported by the kernel"),
    "unread": _("The agent may not read it"),
    "absent": _("Nothing of this kind"),
}
EXPLAINED: Words = {
    "fail": _("What was seen is not what is wanted, on at least one resource."),
    "unknown": _(
        "It was not seen, so nobody can say. It counts like a failure until it is seen: nobody gains by hiding."
    ),
    "manual": _("No machine can judge it: a person has to look, or has to give a value first. It leaves the score."),
    "pass": _("Every resource was seen to be as wanted."),
    "not_applicable": _(
        "There is nothing here that the rule could be about, or its own condition is not met. It leaves the score."
    ),
    "unsupported": _(
        "It fails, and no setting could make it pass: this kernel lacks what it takes. It counts as failed and as not "
        "covered, and is no first fix. Another kernel helps."
    ),
    "unread": _(
        "Unknown for one reason alone: the agent has no right to read it. Grant it the right, and it is judged."
    ),
    "absent": _(
        "Not applicable because the host has no such thing: no container, no image, no swarm. It is judged as soon as "
        "there is one."
    ),
}
ASSESSMENT: Words = {
    "automated": pgettext_lazy("assessment", "automated"),
    "manual": pgettext_lazy("assessment", "manual"),
}
JUDGED: Words = {
    "machine": _("machine"),
    "value": _("machine, given a value"),
    "person": _("person"),
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
    "offline": _("Offline as planned"),
    "never_seen": _("Never seen"),
    "engine_unreadable": _("Engine unreadable"),
    "retired": _("Retired"),
}
RUN: Words = {
    "waiting": _("Waiting"),
    "running": _("Running"),
    "done": _("Done"),
    "unchanged": _("Nothing to do"),
    "failed": _("Failed"),
}
# Why two installations cannot be one machine.
CLONE: Words = {
    "two_words": _("one number came with two contents"),
    "broken_chain": _("its report was not tied to the one before"),
    "boot_returned": _("a boot came back after a later one"),
    "went_back": _("new reports came under old numbers, as after a disk was restored or copied"),
}
UNMERGEABLE: Words = {
    "same": _("Nothing was merged: it is the same host."),
    "demo": _("Nothing was merged: hosts of the demo stay as they are."),
    "gone": _("Nothing was merged: one of the hosts is not there any more."),
    "overlap": _("Nothing was merged: both hosts reported at the same time, so they are two machines."),
    "silent": _("Nothing was merged: this host did not report yet, so there is nothing to continue with."),
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
# What the actions of the audit log tell, in this order.
DETAIL: Words = {
    "from": _("Before"),
    "before": _("Before"),
    "to": _("After"),
    "host": _("Host"),
    "hosts": _("Hosts"),
    "group": _("Group"),
    "role": _("Role"),
    "edition": _("Benchmark"),
    "as_of": _("As of"),
    "uses": _("Uses"),
    "expires_at": _("Valid until"),
    "how": _("Way"),
    "address": _("Address"),
    "port": _("Port"),
    "user": _("User"),
    "changed": _("Changed"),
    "fingerprint": _("Fingerprint"),
    "installation": _("Agent"),
    "report": _("Report"),
    "snapshots": _("Snapshots"),
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
    "host.reenrolled": _("Host enrolled again"),
    "host.merged": _("Hosts merged"),
    "host.source_changed": _("Source of a host changed"),
    "agent_token.rotation_asked": _("New agent token asked for"),
    "agent_token.revoked": _("Agent token revoked"),
    "group.created": _("Group created"),
    "group.changed": _("Group changed"),
    "group.renamed": _("Group renamed"),
    "group.editions": _("Benchmarks of a group changed"),
    "group.schedule": _("Schedule of a group changed"),
    "group.primary_edition": _("Primary benchmark of a group changed"),
    "group.deleted": _("Group deleted"),
    "label.created": _("Label created"),
    "label.deleted": _("Label deleted"),
    "host.renamed": _("Host renamed"),
    "host.moved": _("Host moved"),
    "host.labelled": _("Labels of a host changed"),
    "host.scan_asked": _("Scan asked for"),
    "engine.forgotten": _("Engine of a host forgotten"),
    "host.retired": _("Host retired"),
    "host.returned": _("Host taken back"),
    "parameter.changed": _("Parameter changed"),
    "parameter.cleared": _("Parameter cleared"),
    "policy.chosen": _("Policy chosen"),
    "policy.cleared": _("Choice of a policy cleared"),
    "rollout.started": _("Roll-out started"),
    "rollout.retried": _("Roll-out tried again"),
    "rollout.cancelled": _("Roll-out cancelled"),
    "rollout.removal": _("Roll-out taken back"),
    "reach.created": _("Remote host added"),
    "reach.changed": _("Remote host changed"),
    "reach.deleted": _("Remote host deleted"),
    "reach.visited": _("Visit to a remote host asked for"),
    "ssh_key.created": _("SSH key made"),
    "ssh_key.deleted": _("SSH key deleted"),
    "host_key.approved": _("Host key approved"),
    "host_key.refused": _("Host key refused"),
    "report.created": _("Report asked for"),
    "report.downloaded": _("Report downloaded"),
    "demo.created": _("Demo fleet made"),
    "demo.removed": _("Demo fleet removed"),
}


def word(words: Words, key: str) -> str:
    """The word of a key, or the key itself."""
    return str(words.get(key, key))
