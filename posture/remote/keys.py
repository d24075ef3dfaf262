"""The server's own SSH key pairs: made here or brought along; the private part is kept encrypted."""

from io import StringIO

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from paramiko import ECDSAKey, Ed25519Key, PKey, RSAKey

from posture.fleet.models import SshKey
from posture.fleet.services.audit import record_action
from posture.fleet.services.sealing import Unsealable, seal, unseal
from posture.remote.host_keys import fingerprint_of
from posture.remote.problems import RemoteTrouble

PURPOSE = "ssh key"
LARGEST = 16 * 1024  # characters of a pasted key
SMALLEST_RSA = 2048  # bits

Private = Ed25519PrivateKey | EllipticCurvePrivateKey | RSAPrivateKey


def make_ssh_key(*, name: str, actor: str, address: str | None) -> SshKey:
    """A new ed25519 key pair. ValidationError when the name is taken."""
    return keep_key(Ed25519PrivateKey.generate(), name=name, how="made", actor=actor, address=address)


def import_ssh_key(*, name: str, text: str, passphrase: str, actor: str, address: str | None) -> SshKey:
    """Take over a private key (OpenSSH or PEM). The passphrase opens it now and is not kept.

    ValidationError names the field.
    """
    return keep_key(open_private(text, passphrase), name=name, how="imported", actor=actor, address=address)


def open_private(text: str, passphrase: str) -> Private:
    """The private key of a pasted text. ValidationError names the field: ``private`` or ``passphrase``."""
    if len(text) > LARGEST:
        raise ValidationError({"private": _("This is longer than any private key.")})
    data = (text.strip() + "\n").encode()
    secret = passphrase.encode() or None
    load = serialization.load_ssh_private_key if b"BEGIN OPENSSH" in data[:64] else serialization.load_pem_private_key
    try:
        key = load(data, secret)
    except TypeError as error:
        said = _("This key is protected: give its passphrase.") if secret is None else _("This key has no passphrase.")
        raise ValidationError({"passphrase": said}) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        if secret is not None:
            raise ValidationError({"passphrase": _("The passphrase does not open this key.")}) from error
        raise ValidationError({"private": _("This is no private key that we can read.")}) from error
    if isinstance(key, RSAPrivateKey) and key.key_size < SMALLEST_RSA:
        raise ValidationError({"private": _("An RSA key needs at least 2048 bits.")})
    if not isinstance(key, Ed25519PrivateKey | EllipticCurvePrivateKey | RSAPrivateKey):
        raise ValidationError({"private": _("Use an Ed25519, ECDSA or RSA key.")})
    return key


@transaction.atomic
def keep_key(private: Private, *, name: str, how: str, actor: str, address: str | None) -> SshKey:
    """Store a key pair, the private part sealed."""
    public = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    line = public.decode()
    text = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    comment = "".join(letter if letter.isalnum() or letter in "-_.@" else "-" for letter in name)
    key = SshKey(
        name=name,
        public=f"{line} {comment}",
        fingerprint=fingerprint_of(line),
        private_sealed=seal(text, purpose=PURPOSE),
        created_at=timezone.now(),
        created_by=actor,
    )
    key.full_clean(exclude=["private_sealed"])
    key.save()
    details = {"fingerprint": key.fingerprint, "how": how}
    record_action(actor=actor, action="ssh_key.created", subject=name, details=details, address=address)
    return key


def private_key(key: SshKey) -> PKey:
    """The key pair as paramiko uses it; raises RemoteTrouble where it does not open."""
    try:
        text = unseal(bytes(key.private_sealed), purpose=PURPOSE).decode()
    except Unsealable as error:
        raise RemoteTrouble("key_unreadable", str(error)) from error
    kind = key.public.partition(" ")[0]
    of_kind: type[PKey] = Ed25519Key if kind == "ssh-ed25519" else RSAKey if kind == "ssh-rsa" else ECDSAKey
    return of_kind.from_private_key(StringIO(text))
