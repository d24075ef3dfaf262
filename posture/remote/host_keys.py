"""Host keys: strictly the approved one. What a machine offers instead is kept for a person to decide."""

import base64
import binascii
import hashlib
from datetime import datetime

from paramiko import PKey

from posture.fleet.models import Reach
from posture.remote.problems import HostKeyChanged, HostKeyUnknown


def key_line(key: PKey) -> str:
    """A public key as known_hosts has it, without the name: "ssh-ed25519 AAAA…"."""
    return f"{key.get_name()} {key.get_base64()}"


def fingerprint_of(line: str) -> str:
    """SHA-256 fingerprint of a public key's line as OpenSSH writes it ("SHA256:…"); empty for what is no key."""
    parts = line.split()
    if len(parts) < 2:
        return ""
    try:
        blob = base64.b64decode(parts[1], validate=True)
    except binascii.Error:
        return ""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def kind_of(line: str) -> str:
    """The first word of a public key's line: its kind."""
    return line.partition(" ")[0]


def file_of(line: str) -> str:
    """Where a machine usually keeps the public key of that kind."""
    kind = "rsa" if "rsa" in kind_of(line) else "ecdsa" if kind_of(line).startswith("ecdsa-") else "ed25519"
    return f"/etc/ssh/ssh_host_{kind}_key.pub"


def check_host_key(reach: Reach, offered: PKey, now: datetime) -> None:
    """Let the approved key pass. Another one is kept with the reach, and HostKeyUnknown or HostKeyChanged raised."""
    line = key_line(offered)
    if line == reach.host_key:
        return
    Reach.objects.filter(pk=reach.pk).update(offered_key=line, offered_at=now)
    reach.offered_key, reach.offered_at = line, now
    fingerprint = fingerprint_of(line)
    if not reach.host_key:
        raise HostKeyUnknown(fingerprint, f"{reach.name}: {kind_of(line)} {fingerprint}")
    approved = fingerprint_of(reach.host_key)
    raise HostKeyChanged(fingerprint, approved, f"{reach.name}: {kind_of(line)} {fingerprint}, approved: {approved}")
