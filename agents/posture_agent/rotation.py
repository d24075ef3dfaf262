"""Token and key: replaced when the server wishes it, in steps of which each survives a crash.

The new pair is on disk beside the old one before it is used; the old one is forgotten when the server took the new one.
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
        """The server took a request: the pair that signed it is the only one from now on."""
        if self.following is not None:
            pair = self.following if self.server.token == self.following["token"] else {}
            try:
                self._save(dict(self.enrolment, next=None, **pair))
            except OSError:
                return  # a full disk; both pairs are on it, and the next answer says it again

    def fall_back(self, answered: int) -> bool:
        """After a refusal, try the old pair where the new one is not known; False where there is no other."""
        if answered != UNKNOWN or self.following is None or self.server.token != self.following["token"]:
            return False
        self.use(self.enrolment)
        return True

    def _save(self, enrolment: dict[str, Any]) -> None:
        self.state.change_enrolment(enrolment)
        self.enrolment = enrolment
