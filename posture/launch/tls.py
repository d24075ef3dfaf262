"""A certificate authority of our own and the server's certificate, for `--listen`."""

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from posture.launch import secret_file
from posture.launch.account import Account

AUTHORITY_DAYS = 3650
SERVER_DAYS = 90
RENEW_BEFORE = dt.timedelta(days=30)
# Clocks of boards are often behind.
BACKDATED = dt.timedelta(days=1)
ALWAYS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Papers:
    """Paths of PEM files: the authority's certificate, the server's chain and key; `digest` is the SHA-256 (hex)
    of the authority's certificate in DER form, which agents are given."""

    authority: Path
    certificate: Path
    key: Path
    digest: str
    renewed: bool


def make_papers(*, authority: Path, server: Path, account: Account, address: str, now: dt.datetime) -> Papers:
    """See to an authority and a certificate for `address` that is valid for a month at least.

    The authority's key stays with whoever started us (`authority`); the server's account gets what is in `server`.
    """
    ca_key, ca_certificate = find_or_make_authority(authority, owner=keeper(account), now=now)
    public = server / "ca.pem"
    if not public.exists() or public.read_bytes() != pem(ca_certificate):
        secret_file.write(public, account, text=pem(ca_certificate).decode("ascii"))
    renewed = must_renew(server / "server.pem", ca_certificate, address=address, now=now)
    if renewed:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = sign_server(ca_key, ca_certificate, key.public_key(), address=address, now=now)
        secret_file.write(server / "server.key", account, text=key_text(key))
        secret_file.write(server / "server.pem", account, text=(pem(certificate) + pem(ca_certificate)).decode("ascii"))
    digest = ca_certificate.fingerprint(hashes.SHA256()).hex()
    return Papers(public, server / "server.pem", server / "server.key", digest, renewed)


def keeper(account: Account) -> Account:
    """The account that started us: it keeps the authority's key from the server's account."""
    return Account(account.name, account.uid, account.gid, changes=False)


def find_or_make_authority(
    folder: Path, *, owner: Account, now: dt.datetime
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """The authority's key and certificate, made where there are none or where they end within a month."""
    key_file, certificate_file = folder / "ca.key", folder / "ca.pem"
    if certificate_file.exists() and key_file.exists():
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        if isinstance(key, ec.EllipticCurvePrivateKey) and certificate.not_valid_after_utc - RENEW_BEFORE > now:
            return key, certificate
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = sign_authority(key, now=now)
    secret_file.write(key_file, owner, text=key_text(key))
    secret_file.write(certificate_file, owner, text=pem(certificate).decode("ascii"))
    return key, certificate


def sign_authority(key: ec.EllipticCurvePrivateKey, *, now: dt.datetime) -> x509.Certificate:
    """A certificate of the authority, signed by itself, that may sign servers only."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Posture certificate authority")])
    usage = x509.KeyUsage(
        key_cert_sign=True,
        crl_sign=True,
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        begin(name, name, key.public_key(), now=now, days=AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def sign_server(
    ca_key: ec.EllipticCurvePrivateKey,
    ca_certificate: x509.Certificate,
    public_key: ec.EllipticCurvePublicKey,
    *,
    address: str,
    now: dt.datetime,
) -> x509.Certificate:
    """A certificate for the address and for this machine's own names of itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Posture server")])
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    return (
        begin(name, ca_certificate.subject, public_key, now=now, days=SERVER_DAYS)
        .add_extension(x509.SubjectAlternativeName(alternative_names(address)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def begin(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, now: dt.datetime, days: int
) -> x509.CertificateBuilder:
    """What both kinds of certificate have in common."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + dt.timedelta(days=days))
    )


def must_renew(path: Path, ca_certificate: x509.Certificate, *, address: str, now: dt.datetime) -> bool:
    """Whether the server's certificate is missing, ends soon, is for another address or of another authority."""
    if not path.exists() or not path.with_suffix(".key").exists():
        return True
    certificate = x509.load_pem_x509_certificates(path.read_bytes())[0]
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    signer = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    own = ca_certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    ends_soon = certificate.not_valid_after_utc - RENEW_BEFORE <= now
    return ends_soon or list(names) != alternative_names(address) or signer != own


def alternative_names(address: str) -> list[x509.GeneralName]:
    """The address and the loopback's names, each as the kind of name that it is."""
    return [general_name(name) for name in dict.fromkeys((address, *ALWAYS))]


def general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def key_text(key: ec.EllipticCurvePrivateKey) -> str:
    """The key as PEM, for a file with mode 0600."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")
