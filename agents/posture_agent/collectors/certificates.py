"""Since when a certificate is valid: just enough DER (X.690) to find one field of X.509 (RFC 5280)."""

from __future__ import annotations

import re
from binascii import a2b_base64

PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]{1,65536})-----END CERTIFICATE-----")
UTC_TIME, VERSION = 0x17, 0xA0  # tags
MAX_CERTIFICATES = 8


def not_before(text: str) -> str:
    """The earliest notBefore of the certificates in a PEM text, as RFC 3339. Raises ValueError when there is none."""
    found = [started(a2b_base64(body)) for body in PEM.findall(text)[:MAX_CERTIFICATES]]
    if not found:
        raise ValueError("there is no certificate in this text")
    return min(found)


def started(data: bytes) -> str:
    """notBefore of one certificate in DER."""
    _, certificate, _ = element(data)
    _, signed, _ = element(certificate)
    tag, _, rest = element(signed)
    fields = rest if tag == VERSION else signed
    for _ in ("serialNumber", "signature", "issuer"):
        _, _, fields = element(fields)
    _, validity, _ = element(fields)
    tag, moment, _ = element(validity)
    return spelled(moment.decode("ascii"), tag == UTC_TIME)


def element(data: bytes) -> tuple[int, bytes, bytes]:
    """Tag and content of the first element, and what follows it. Raises ValueError."""
    if len(data) < 2:
        raise ValueError("a certificate ends too early")
    length, start = data[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    if start + length > len(data):
        raise ValueError("a certificate ends too early")
    return data[0], data[start : start + length], data[start + length :]


def spelled(moment: str, short_year: bool) -> str:
    """YYMMDDHHMMSSZ (UTCTime: years 1950 to 2049) or YYYYMMDDHHMMSSZ as RFC 3339. Raises ValueError."""
    if short_year:
        moment = ("19" if moment >= "50" else "20") + moment
    match = re.match(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z\Z", moment, re.ASCII)
    if match is None:
        raise ValueError("a certificate names no moment")
    return "%s-%s-%sT%s:%s:%sZ" % match.groups()
