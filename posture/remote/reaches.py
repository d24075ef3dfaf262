"""What administrators do with machines that this server reaches: add, change, delete, decide about host keys."""

import re
from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from posture.fleet.models import Reach, Source, SshKey
from posture.fleet.services.audit import record_action
from posture.fleet.services.sealing import seal
from posture.fleet.services.sources import take_source
from posture.remote.by_tls import PURPOSE
from posture.remote.host_keys import fingerprint_of
from posture.remote.problems import RemoteTrouble
from posture.remote.way import way_to

ADDRESS = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9]+)?")
USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\$?")
LARGEST_PEM = 64 * 1024  # characters
FIELDS = (
    "name", "group", "method", "address", "port", "user", "key", "use_sudo", "jump", "scheduled",
    "tls_ca", "tls_certificate",
)  # fmt: skip


@transaction.atomic
def save_reach(*, reach: Reach, wished: Mapping[str, Any], tls_key: str, actor: str, address: str | None) -> Reach:
    """Add a machine, or change one. ``wished``: values of FIELDS; ``tls_key``: PEM, empty keeps the one of before.

    ValidationError names the field. A machine that begins to be visited regularly becomes its host's only source.
    """
    is_new = reach._state.adding
    before = {} if is_new else {name: getattr(reach, name) for name in FIELDS}
    for name in FIELDS:
        setattr(reach, name, wished[name])
    if is_new:
        reach.created_at, reach.created_by = timezone.now(), actor
    if tls_key.strip():
        reach.tls_key_sealed = seal(tls_key.strip().encode() + b"\n", purpose=PURPOSE)
    require_sound(reach, tls_key.strip())
    if reach.scheduled and not before.get("scheduled"):
        reach.due_at = timezone.now()
    if reach.scheduled and reach.host is not None:
        source = Source(reach.method)
        take_source(host=reach.host.pk, source=source, reach=reach.pk, actor=actor, address=address)
        reach.claimed = False
    reach.save()
    changed = sorted(name for name, value in before.items() if value != getattr(reach, name))
    details = {"address": reach.address, "port": reach.port, "user": reach.user, "changed": changed}
    action = "reach.created" if is_new else "reach.changed"
    record_action(actor=actor, action=action, subject=reach.name, details=details, address=address)
    return reach


def require_sound(reach: Reach, tls_key: str) -> None:
    """ValidationError for a row that cannot work."""
    wrong: dict[str, str] = {}
    if not ADDRESS.fullmatch(reach.address):
        wrong["address"] = _("Give a host name or an IP address, without a user or a port.")
    if not 1 <= reach.port <= 65535:
        wrong["port"] = _("A port is a number from 1 to 65535.")
    if reach.method == Source.SSH:
        wrong |= ssh_troubles(reach)
    elif reach.method == Source.TLS:
        wrong |= tls_troubles(reach, tls_key)
    else:
        wrong["method"] = _("Choose SSH or an engine over TLS.")
    twin = Reach.objects.filter(address=reach.address, port=reach.port, user=reach.user, method=reach.method)
    known = twin.exclude(pk=reach.pk).first()
    if known is not None:
        wrong["address"] = _("This machine is there already, as “%(name)s”.") % {"name": known.name}
    if wrong:
        raise ValidationError(wrong)
    others = [field.name for field in Reach._meta.fields if field.name not in {"name", "address", "port"}]
    reach.full_clean(exclude=others, validate_constraints=False)


def ssh_troubles(reach: Reach) -> dict[str, str]:
    """What keeps a machine from being reached over SSH, by field."""
    wrong = {}
    if not USER.fullmatch(reach.user):
        wrong["user"] = _("This is no user name.")
    if reach.key is None:
        wrong["key"] = _("Choose an SSH key; you make one below the list of remote hosts.")
    if reach.jump is not None and reach.jump.method != Source.SSH:
        wrong["jump"] = _("A jump host is reached over SSH.")
    elif reach.jump is not None:
        try:
            way_to(reach)
        except RemoteTrouble as trouble:
            loop = _("This jump host is itself reached through this machine.")
            wrong["jump"] = loop if trouble.problem == "jump_loop" else _("At most three jump hosts in a row.")
    return wrong


def tls_troubles(reach: Reach, tls_key: str) -> dict[str, str]:
    """What keeps an engine from being reached over TLS, by field."""
    wrong = {}
    for name in ("tls_ca", "tls_certificate"):
        if not is_certificate(getattr(reach, name)):
            wrong[name] = _("Paste a certificate in PEM form.")
    if tls_key and not is_key(tls_key):
        wrong["tls_key"] = _("Paste a private key in PEM form, without a passphrase.")
    elif not reach.tls_key_sealed:
        wrong["tls_key"] = _("The engine has to know us: paste the private key of the certificate.")
    return wrong


def is_certificate(text: str) -> bool:
    """Whether a text holds certificates in PEM form."""
    if len(text) > LARGEST_PEM:
        return False
    try:
        return bool(x509.load_pem_x509_certificates(text.encode()))
    except ValueError:
        return False


def is_key(text: str) -> bool:
    """Whether a text is a private key in PEM form that opens without a passphrase."""
    try:
        load_pem_private_key(text[:LARGEST_PEM].encode(), None)
    except (ValueError, TypeError):
        return False
    return True


@transaction.atomic
def delete_reach(*, reach: Reach, actor: str, address: str | None) -> None:
    """Reach a machine no longer; its host and what was seen of it stay. ValidationError for a jump host in use."""
    name = reach.name
    try:
        reach.delete()
    except ProtectedError as error:
        raise ValidationError(_("Other machines are reached through this one: change them first.")) from error
    record_action(actor=actor, action="reach.deleted", subject=name, address=address)


@transaction.atomic
def approve_host_key(*, reach: Reach, fingerprint: str, actor: str, address: str | None) -> bool:
    """Trust the host key that was offered, if it is still the one whose fingerprint the person saw; whether it is."""
    found = Reach.objects.select_for_update(of=("self",)).get(pk=reach.pk)
    if not found.offered_key or fingerprint_of(found.offered_key) != fingerprint:
        return False
    details = {"fingerprint": fingerprint, "before": fingerprint_of(found.host_key)}
    found.host_key, found.offered_key, found.offered_at = found.offered_key, "", None
    found.host_key_approved_at, found.host_key_approved_by = timezone.now(), actor
    found.save(update_fields=["host_key", "offered_key", "offered_at", "host_key_approved_at", "host_key_approved_by"])
    record_action(actor=actor, action="host_key.approved", subject=found.name, details=details, address=address)
    return True


@transaction.atomic
def refuse_host_key(*, reach: Reach, fingerprint: str, actor: str, address: str | None) -> bool:
    """Forget the host key that was offered; the machine stays out of reach. Whether it was still that one."""
    found = Reach.objects.select_for_update(of=("self",)).get(pk=reach.pk)
    if not found.offered_key or fingerprint_of(found.offered_key) != fingerprint:
        return False
    found.offered_key, found.offered_at = "", None
    found.save(update_fields=["offered_key", "offered_at"])
    details = {"fingerprint": fingerprint}
    record_action(actor=actor, action="host_key.refused", subject=found.name, details=details, address=address)
    return True


@transaction.atomic
def delete_ssh_key(*, key: SshKey, actor: str, address: str | None) -> None:
    """Delete a key pair that no machine is reached with. ValidationError otherwise."""
    name, details = key.name, {"fingerprint": key.fingerprint}
    try:
        key.delete()
    except ProtectedError as error:
        raise ValidationError(_("Machines are reached with this key: give them another one first.")) from error
    record_action(actor=actor, action="ssh_key.deleted", subject=name, details=details, address=address)
