"""Certificate authorities of the tests' own."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class Authority:
    """An authority that signs certificates for an hour from now on."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._signed(name, self.key.public_key(), x509.BasicConstraints(ca=True, path_length=None))

    def issue(self, folder: Path, name: str) -> Path:
        """Write ca.pem, cert.pem and key.pem of somebody at 127.0.0.1 into a new folder."""
        folder.mkdir()
        key = ec.generate_private_key(ec.SECP256R1())
        place = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        signed = self._signed(name, key.public_key(), x509.BasicConstraints(ca=False, path_length=None), place)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "ca.pem").write_bytes(self.certificate.public_bytes(Encoding.PEM))
        (folder / "cert.pem").write_bytes(signed.public_bytes(Encoding.PEM))
        (folder / "key.pem").write_bytes(private)
        return folder

    def _signed(
        self, name: str, public: ec.EllipticCurvePublicKey, *extensions: x509.ExtensionType
    ) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = self.certificate.subject if hasattr(self, "certificate") else subject
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder(issuer, subject, public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return builder.sign(self.key, hashes.SHA256())
