"""Token and key: replaced when the server wishes it, in steps of which each survives a crash.

The new pair is on disk beside the old one before it is used. When the server took the new one, the old one is kept as
the former: a server that was restored from a backup of before knows that one alone. They change places then: the
backup may have been put there for an hour.
"""

from __future__ import annotations

from .credentials import is_key, is_token, key_bytes
from .state import StateError
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .server import Server
    from .state import State

UNKNOWN = 401


class Credentials:
    """What this installation proves itself with; puts it into a server's requests."""

    def __init__(self, state: State, server: Server) -> None:
        self.state = state
        self.server = server
        self.enrolment = state.enrolment()
        self.use(self.following or self.enrolment)

    @property
    def following(self) -> dict[str, Any] | None:
        """The pair that the server gave and has not seen yet."""
        pair: dict[str, Any] | None = self.enrolment.get("next")
        return pair

    @property
    def former(self) -> dict[str, Any] | None:
        """The pair before the one in use."""
        pair: dict[str, Any] | None = self.enrolment.get("former")
        return pair

    def use(self, pair: dict[str, Any]) -> None:
        """Sign from now on with these."""
        try:
            self.server.token, self.server.key = str(pair["token"]), key_bytes(pair.get("key"))
        except ValueError:
            raise StateError(say("this host was enrolled before messages had keys: enrol it again")) from None

    def keep(self, answer: dict[str, Any]) -> bool:
        """Keep a new pair beside the old one, durably, and use it; False where the answer holds none."""
        pair = {"token": answer.get("token"), "key": answer.get("key")}
        if not is_token(pair["token"]) or not is_key(pair["key"]):
            return False
        self._save(dict(self.enrolment, next=pair))
        self.use(pair)
        return True

    def taken(self) -> None:
        """The server took a request: the pair that signed it is the one in use from now on."""
        used = self.server.token
        changes: dict[str, Any] = {}
        if self.following is not None:
            changes["next"] = None
        for pair in (self.following, self.former):
            if pair is not None and used == pair["token"]:
                changes.update(pair, former=pair_of(self.enrolment))
        if changes:
            try:
                self._save(dict(self.enrolment, **changes))
            except OSError:
                return  # a full disk; both pairs are on it, and the next answer says it again

    def fall_back(self, answered: int) -> bool:
        """After a refusal, try the pair before the one that is not known; False where there is no other."""
        if answered != UNKNOWN:
            return False
        if self.following is not None and self.server.token == self.following["token"]:
            self.use(self.enrolment)
        elif self.former is not None and self.server.token == self.enrolment["token"]:
            self.use(self.former)
        else:
            return False
        return True

    def _save(self, enrolment: dict[str, Any]) -> None:
        self.state.change_enrolment(enrolment)
        self.enrolment = enrolment


def pair_of(enrolment: dict[str, Any]) -> dict[str, Any]:
    """Token and key of what is kept of an enrolment."""
    return {"token": enrolment["token"], "key": enrolment.get("key")}
