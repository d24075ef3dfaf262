"""Machines and their engines."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class HostState(models.TextChoices):
    """How a host reports."""

    NEVER_SEEN = "never_seen", _("Never seen")
    REPORTING = "reporting", _("Reporting")
    LATE = "late", _("Late")
    SILENT = "silent", _("Silent")
    OFFLINE = "offline", _("Offline as planned")
    RETIRED = "retired", _("Retired")


class Source(models.TextChoices):
    """Who brings a host's facts; one at a time."""

    AGENT = "agent", _("Agent")
    SSH = "ssh", _("SSH")
    TLS = "tls", _("Engine over TLS")


class Host(models.Model):
    """A machine. Its facts' headline is kept here for lists; the truth is in the snapshots."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=253)
    hostname = models.CharField(max_length=253, blank=True, default="")  # the agent's word; a person may rename
    group = models.ForeignKey("fleet.Group", on_delete=models.PROTECT, related_name="hosts")
    labels = models.ManyToManyField("fleet.Label", blank=True, related_name="hosts")
    state = models.CharField(max_length=16, choices=HostState.choices, default=HostState.NEVER_SEEN, db_index=True)
    engine_readable = models.BooleanField(default=True)
    machine_id = models.CharField(max_length=64, blank=True, default="", db_index=True)
    board = models.CharField(max_length=200, blank=True, default="")
    architecture = models.CharField(max_length=32, blank=True, default="")
    kernel = models.CharField(max_length=128, blank=True, default="")
    operating_system = models.CharField(max_length=128, blank=True, default="")
    engine_version = models.CharField(max_length=64, blank=True, default="")
    agent_version = models.CharField(max_length=32, blank=True, default="")
    interval = models.PositiveIntegerField(default=300)  # seconds, what the server asks for
    agent_interval = models.PositiveIntegerField(default=300)  # seconds, what the agent says it keeps to
    container_count = models.PositiveIntegerField(default=0)
    measurements = models.JSONField(default=dict)  # latest readings, bytes
    created_at = models.DateTimeField()
    first_seen_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)  # no index: every check-in writes it, and in place without one
    retired_at = models.DateTimeField(null=True)
    is_demo = models.BooleanField(default=False)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.AGENT)
    daily_bytes = models.PositiveBigIntegerField(null=True)  # the group's, kept here for check-ins
    # The one in force; null: nobody gave it one yet, the product's own holds.
    schedule = models.ForeignKey("fleet.Schedule", null=True, on_delete=models.PROTECT, related_name="hosts")
    # "Scan now": asked, told to the agent in the answer to this number, done with a later one.
    scan_asked_at = models.DateTimeField(null=True)
    scan_asked_by = models.CharField(max_length=150, blank=True, default="")
    scan_told_sequence = models.BigIntegerField(null=True)
    scan_done_at = models.DateTimeField(null=True)
    scan_problem = models.CharField(max_length=48, blank=True, default="")  # why nothing came of it, of remote/problems
    merged_into = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="merged")

    def __str__(self) -> str:
        return self.name


class Engine(models.Model):
    """A container engine on a host."""

    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="engines")
    key = models.CharField(max_length=64)
    kind = models.CharField(max_length=16)
    version = models.CharField(max_length=64, blank=True, default="")  # the last it said; empty: it never answered
    endpoint = models.CharField(max_length=256, blank=True, default="")
    readable = models.BooleanField(default=True)
    problem = models.TextField(
        blank=True, default=""
    )  # the source's own words: what could not be read, how to grant it

    class Meta:
        constraints = (models.UniqueConstraint(fields=["host", "key"], name="engine_key_unique"),)

    def __str__(self) -> str:
        return f"{self.host_id}/{self.key}"
