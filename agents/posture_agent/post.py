"""What an enrolled agent says to its server: each message with its number, its age, and a proof of who says it."""

from __future__ import annotations

from . import budget
from .anchors import Anchors
from .clock import boot_clock
from .packing import with_words
from .passages import said
from .rotation import Credentials
from .server import Stopped
from .wire import request, sent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from .journal import Journal
    from .position import Position
    from .server import Server


class Post:
    """Messages of one installation. Each method raises ServerError (Unreachable, Refused, Stopped)."""

    def __init__(
        self, server: Server, credentials: Credentials, position: Position, anchors: Anchors, journal: Journal
    ) -> None:
        self.server = server
        self.credentials = credentials
        self.position = position
        self.anchors = anchors
        self.journal = journal

    def check_in(self, body: dict[str, Any]) -> dict[str, Any]:
        """Say what was collected, without the facts."""
        words = sent(self.position.message_number(), self.anchors.age(body["boot_id"], body["monotonic"]))
        return self._ask(self.server.check_in, dict(body, **words))

    def deliver(self, boot: str, clock: float, packed: bytes) -> None:
        """Bring a packed snapshot that was observed at a moment of a boot's clock."""
        words = sent(self.position.message_number(), self.anchors.age(boot, clock))
        self._ask(self.server.deliver, with_words(packed, words), carries=True)

    def passages(self, contents: list[dict[str, Any]]) -> None:
        """Say what happened meanwhile, oldest first."""
        body = self._request()
        body["interval"] = max(content["interval"] for content in contents)
        body["passages"] = [said(content, self.anchors.age) for content in contents]
        self._ask(self.server.passages, body, carries=True)

    def hello(self, measurements: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask whether the server knows this installation; measurements travel along."""
        return self._ask(self.server.hello, dict(self._request(), measurements=measurements or {}))

    def rotate(self) -> bool:
        """Get a new token and key, keep them, and prove that they are in use; False where the answer holds none."""
        if not self.credentials.keep(self._ask(self.server.rotate, self._request())):
            return False
        self.hello()
        return True

    def _request(self) -> dict[str, Any]:
        return request(self.position.installation, self.position.message_number())

    def _ask(self, call: Callable[[Any], dict[str, Any]], body: Any, carries: bool = False) -> dict[str, Any]:
        budget.turn(self.journal, self.anchors.now())
        before, asked = self.server.bytes_sent, boot_clock()
        try:
            while True:
                try:
                    answer = call(body)
                    break
                except Stopped as error:
                    if not self.credentials.fall_back(error.answered):
                        raise
        finally:
            spent = self.server.bytes_sent - before
            self.journal.bytes += spent
            self.journal.carried += spent if carries else 0
        self.credentials.taken()
        self.anchors.hear(answer, asked)
        return answer
