"""Text from hosts, made fit for the database."""

import hashlib


def fit(text: str, length: int) -> str:
    """Text without NUL, which PostgreSQL cannot hold, and no longer than a column. Shown as it is: templates escape."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:length]


def fit_json(text: bytes) -> str:
    """JSON text without escaped NULs, which jsonb refuses; an escaped backslash before ``u0000`` is left alone."""
    if b"\\u0000" not in text:
        return text.decode("utf-8")
    # A backslash escaped by another one is not the beginning of an escape: protect those pairs first.
    pairs = text.decode("utf-8").split("\\\\")
    return "\\\\".join(part.replace("\\u0000", "\\ufffd") for part in pairs)


def fit_key(text: str, length: int) -> str:
    """A key that fits a column and is still one of its own: what is too long ends in its digest."""
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if len(text) <= length:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return f"{text[: length - len(digest) - 1]}#{digest}"
