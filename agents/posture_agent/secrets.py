"""Recognises secret-like values. The values stay here: what leaves is a mark (pattern, place, keyed fingerprint).

The patterns are our own, after the public documentation of each token's form.
"""

from __future__ import annotations

import math
import re

from .sha256 import keyed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator, Optional

MAX_SCAN = 64 * 1024  # characters of one value that are looked at
MAX_MARKS = 64  # marks of one resource
REDACTED = "[redacted]"

# High confidence: the form alone gives it away. Every expression runs in linear time.
TOKENS = [
    ("private-key", re.compile(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----[^-]*")),
    ("aws-access-key", re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{16}\b")),
    ("jwt", re.compile(r"\beyJ[\w-]{8,4096}\.eyJ[\w-]{8,4096}\.[\w-]{0,4096}")),
    ("github-token", re.compile(r"\b(?:gh[pousr]_[0-9A-Za-z]{36,255}|github_pat_\w{60,255})")),
    ("gitlab-token", re.compile(r"\bglpat-[\w-]{20,255}")),
    ("slack-token", re.compile(r"\bxox[abeoprs]-[0-9A-Za-z-]{10,255}")),
    ("stripe-key", re.compile(r"\b[rs]k_live_[0-9A-Za-z]{16,255}")),
    ("google-api-key", re.compile(r"\bAIza[\w-]{35}")),
    ("npm-token", re.compile(r"\bnpm_[0-9A-Za-z]{36}\b")),
    ("pypi-token", re.compile(r"\bpypi-AgE[\w-]{50,255}")),
    ("url-credentials", re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@'\"]{0,128}:([^\s/@'\"$]{1,256})@")),
    (
        "bearer-token",
        re.compile(r"(?i)\b(?:bearer|authorization: *basic|authorization: *token) +([\w.~+/=-]{12,4096})"),
    ),
]

SECRET_NAME = re.compile(
    r"(?i)(?:password|passwd|passphrase|pass$|pwd$|secret|token|api_?key|apikey|access_?key|private_?key"
    r"|credential|encryption_?key|signing_?key|auth_?key|connection_?string|_dsn$|salt$)"
)
# Names that hold a word of the list without holding a secret.
HARMLESS_NAME = re.compile(
    r"(?i)(?:_file|_path|_dir|_name|_url|_uri|_id|_length|_ttl|_expiry|_policy|_header|_type|_enabled|_issuer|_algorithm)$"
)
ASSIGNMENT = re.compile(
    r"(?i)(?<![\w.\-])(-{0,2})([\w.\-]{0,64}(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key)[\w\-]{0,32})"
    r"([\"']?[ \t]{0,8}[=:][ \t]{0,8}|[ \t]{1,8})(\"[^\"]{1,512}\"|'[^']{1,512}'|[^\s'\";&|,]{1,512})"
)
CURL_USER = re.compile(r"\bcurl\b[^|;&]{0,512}\s(?:-u|--user)[ =]?[\"']?[\w.@-]{1,64}:([^\s\"'$]{1,128})")
CHPASSWD = re.compile(r"(?i)\becho\s+(?:-\w+\s+)?[\"']?[\w.-]{1,32}:([^\s\"'|]{1,128})[\"']?\s*\|\s*(?:\S*/)?chpasswd")
JSON_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)")
RANDOM_VALUE = re.compile(r"[A-Za-z0-9+/=_\-]{32,512}\Z")
KEY_NAME = re.compile(r"(?i)(?:^|[_.\-])(?:key|auth|cred|cookie|session|hash)(?:$|[_.\-])")
PLACEHOLDERS = ("", "true", "false", "null", "none", "yes", "no", "0", "1")


class Marker:
    """Finds secrets in the values of one host and turns them into marks."""

    def __init__(self, key: bytes) -> None:
        self.key = key

    def marks(self, values: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
        """Marks for (place, name, text) triples; ``name`` is the variable's or label's name, else empty."""
        found = {}
        for place, name, text in values:
            for pattern, secret in secrets_in(name, text):
                found[(place[:4096], pattern)] = {
                    "Pattern": pattern,
                    "Place": cleaned(place),
                    "Fingerprint": keyed(self.key, secret.encode("utf-8", "replace")),
                }
        return [found[key] for key in sorted(found)][:MAX_MARKS]


def secrets_in(name: str, text: str) -> Iterator[tuple[str, str]]:
    """(pattern, secret) for everything in ``text`` that looks like a secret."""
    text = text[:MAX_SCAN]
    for pattern, expression in TOKENS:
        match = expression.search(text)
        if match is not None:
            yield pattern, match.group(match.lastindex or 0)
    if name and secret_name(name):
        if secret_value(text):
            yield "secret-variable", text
        return
    if name and KEY_NAME.search(name) is not None and random_looking(text):
        yield "random-value", text
    assigned = assignment(text)
    if assigned is not None:
        yield "password-assignment", assigned
    for pattern, expression in (("chpasswd", CHPASSWD), ("curl-user", CURL_USER)):
        match = expression.search(text)
        if match is not None:
            yield pattern, match.group(1)


def assignment(text: str) -> Optional[str]:
    """The value of the first ``password=…`` or ``--password …`` in a text."""
    for match in ASSIGNMENT.finditer(text):
        dashes, name, separator, value = match.groups()
        value = value.strip("\"'")
        if not dashes and not separator.strip():
            continue  # prose: "the token is"
        if secret_name(name) and secret_value(value) and not value.startswith("-"):
            return str(value)
    return None


def secret_name(name: str) -> bool:
    """Whether a variable of this name is expected to hold a secret."""
    return SECRET_NAME.search(name) is not None and HARMLESS_NAME.search(name) is None


def secret_value(value: str) -> bool:
    """Whether a value can be a secret: not empty, no path, no reference to a variable, no plain switch."""
    value = value.strip()
    if value.lower() in PLACEHOLDERS or value.startswith(("/", "$", "./", "%", "{{", "<")):
        return False
    return not value.isdigit() or len(value) > 3


def random_looking(value: str) -> bool:
    """Whether a value looks like random bytes in hex or base64: long, of one alphabet, evenly spread."""
    if RANDOM_VALUE.match(value) is None:
        return False
    counts = [value.count(letter) / len(value) for letter in set(value)]
    return -sum(share * math.log(share, 2) for share in counts) > 3.5


def cleaned(text: str, limit: int = 4096) -> str:
    """The text cut to ``limit`` characters, with everything that has the form of a token taken out."""
    for _, expression in TOKENS:
        if expression.search(text) is not None:
            text = expression.sub(REDACTED, text)
    return text[:limit]


def scrubbed(value: Any) -> Any:
    """A structure with every token-like text in it (keys too) taken out: the last gate before the wire."""
    if isinstance(value, str):
        return cleaned(value, len(value) + len(REDACTED))
    if isinstance(value, list):
        return [scrubbed(item) for item in value]
    if isinstance(value, dict):
        return {scrubbed(key): scrubbed(item) for key, item in value.items()}
    return value


def needs_scrubbing(text: str) -> bool:
    """Whether a JSON text holds anything of the form of a token, be it right behind an escaped character."""
    plain = JSON_ESCAPE.sub(" ", text)
    return any(expression.search(one) is not None for _, expression in TOKENS for one in {text, plain})
