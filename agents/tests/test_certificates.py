"""Since when certificates are valid, read from DER by hand and by a library."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.posture_agent.collectors import certificates

KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(start: datetime) -> str:
    """A root certificate in PEM that is valid from ``start``."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "swarm-ca")])
    builder = x509.CertificateBuilder(name, name, KEY.public_key(), 7, start, start + timedelta(days=3650))
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@given(st.datetimes(datetime(1951, 1, 1), datetime(2200, 1, 1)))
@settings(max_examples=50, deadline=None)
def test_any_moment_is_read(start: datetime) -> None:
    start = start.replace(microsecond=0, tzinfo=UTC)  # from 2050 on it is written in another form
    assert certificates.not_before(certificate(start)) == start.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_the_oldest_of_several_counts() -> None:
    texts = [certificate(datetime(year, 1, 1, tzinfo=UTC)) for year in (2025, 2024, 2026)]
    assert certificates.not_before("\n".join(texts)) == "2024-01-01T00:00:00Z"


@given(st.binary(max_size=200))
def test_nonsense_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        certificates.started(data)


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"])
def test_a_text_without_a_certificate_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        certificates.not_before(text)
