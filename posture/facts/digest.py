"""The digest of facts, as docs/protocol.md defines it."""

import hashlib

import msgspec

from posture.facts.wire.snapshot import Facts


def facts_digest(facts: Facts) -> str:
    """``sha256:`` and the hex SHA-256 of the canonical JSON: sorted keys, no blanks, UTF-8, no ASCII escaping."""
    return "sha256:" + hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()
