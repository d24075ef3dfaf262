"""The base of all shapes, and what several of them hold.

Key names are the engine's own. A key that is absent was not observed (or is unknown to that engine
version, which the normaliser decides); ``null`` is the engine's own null. Only the keys named here
leave a host: the agent drops every other one, and unknown keys are refused at the door.
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from posture.facts.wire.values import Short, Text

# Why a source or a value could not be read. The agent uses this closed list; the server adds its own.
ReadError = Literal["not_permitted", "source_failed", "not_collected", "timed_out", "too_large", "absent"]


class Fact(Struct, kw_only=True, forbid_unknown_fields=True):
    """Base of every structure on the wire: unknown keys are refused."""


class Mark(Fact):
    """A secret-like value was seen at a place; the value itself never leaves the host."""

    Pattern: Short  # name of the pattern: "aws-access-key", "password-assignment", ...
    Place: Text  # "Config.Env.DB_PASSWORD", "history.3", "Config.Cmd.1"
    Fingerprint: Short | UnsetType = UNSET  # HMAC-SHA-256 under a key that stays on the host, hex
