"""Hosts that this server reaches by itself: over SSH, or an engine over TLS."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from posture.fleet.models.host import Source


class SshKey(models.Model):
    """A key pair of this server. The private part is kept encrypted (``services/sealing``) and never shown."""

    name = models.CharField(max_length=80, unique=True)
    public = models.TextField()  # "ssh-ed25519 AAAA… name", for authorized_keys
    fingerprint = models.CharField(max_length=80)  # "SHA256:…"
    private_sealed = models.BinaryField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    def __str__(self) -> str:
        return self.name


class Reach(models.Model):
    """How a machine is reached: for collecting without an agent, for rolling the agent out, or as a jump host."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=253, unique=True)
    group = models.ForeignKey("fleet.Group", on_delete=models.PROTECT, related_name="reaches")
    host = models.ForeignKey("fleet.Host", null=True, on_delete=models.SET_NULL, related_name="reaches")
    claimed = models.BooleanField(default=False)  # the machine's own word alone says that it is this host
    method = models.CharField(max_length=8, choices=Source.choices, default=Source.SSH)
    address = models.CharField(max_length=253)
    port = models.PositiveIntegerField(default=22)
    user = models.CharField(max_length=64, blank=True, default="root")
    key = models.ForeignKey(SshKey, null=True, on_delete=models.PROTECT, related_name="reaches")
    use_sudo = models.BooleanField(default=False)  # without a password; ``user`` is not root
    jump = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="behind")
    # Host keys in the form of known_hosts without the name: "ssh-ed25519 AAAA…".
    host_key = models.TextField(blank=True, default="")
    host_key_approved_at = models.DateTimeField(null=True)
    host_key_approved_by = models.CharField(max_length=150, blank=True, default="")
    offered_key = models.TextField(blank=True, default="")  # unknown or changed; a person has to decide
    offered_at = models.DateTimeField(null=True)
    # Of an engine over TLS.
    tls_ca = models.TextField(blank=True, default="")  # PEM
    tls_certificate = models.TextField(blank=True, default="")  # PEM
    tls_key_sealed = models.BinaryField(default=b"")
    scheduled = models.BooleanField(default=False)  # collects at the group's interval
    due_at = models.DateTimeField(null=True, db_index=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["address", "port", "user", "method"], name="reach_unique"),
            # One source a host: whoever schedules a second way has to end the first.
            models.UniqueConstraint(fields=["host"], condition=models.Q(scheduled=True), name="reach_scheduled_once"),
        )

    def __str__(self) -> str:
        return self.name


class RolloutKind(models.TextChoices):
    """What is done to hosts."""

    INSTALL = "install", _("Install the agent")
    REMOVE = "remove", _("Remove the agent")


class Rollout(models.Model):
    """The agent installed on, or removed from, many hosts at once; its hosts are ``runs``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=RolloutKind.choices, default=RolloutKind.INSTALL)
    labels = models.ManyToManyField("fleet.Label", blank=True, related_name="+")  # of its hosts
    retire = models.BooleanField(default=False)  # the hosts of a removal
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    cancelled_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class RunKind(models.TextChoices):
    """Why this server went to a machine."""

    COLLECT = "collect", _("Collect")
    INSTALL = "install", _("Install the agent")
    REMOVE = "remove", _("Remove the agent")


class RunState(models.TextChoices):
    """How far a run has come."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    UNCHANGED = "unchanged", _("Nothing to do")
    FAILED = "failed", _("Failed")


class RemoteRun(models.Model):
    """One visit to a machine: what was done, how far it came, and what to do where it failed."""

    reach = models.ForeignKey(Reach, on_delete=models.CASCADE, related_name="runs")
    rollout = models.ForeignKey(Rollout, null=True, on_delete=models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=8, choices=RunKind.choices)
    state = models.CharField(max_length=12, choices=RunState.choices, default=RunState.WAITING)
    step = models.CharField(max_length=32, blank=True, default="")  # a word of remote/steps.py
    problem = models.CharField(max_length=48, blank=True, default="")  # a word of remote/problems.py
    detail = models.TextField(blank=True, default="")  # the machine's own words, cut and cleaned
    created_at = models.DateTimeField()
    fingerprint = models.CharField(max_length=80, blank=True, default="")  # of the host key that is expected
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)  # its last step began
    ended_at = models.DateTimeField(null=True)
    # Of a roll-out: what taking it back gives back, written down before anything is changed.
    brought = models.BooleanField(default=False)  # it put an agent of this server where none was
    was_scheduled = models.BooleanField(default=False)  # the machine was visited regularly until then

    class Meta:
        indexes = (models.Index(fields=["reach", "-created_at"], name="run_reach_newest"),)

    def __str__(self) -> str:
        return f"{self.reach_id} {self.kind} {self.state}"
