"""What the agent keeps between runs: who it is, its token and host key, and the number of its last collection."""

from __future__ import annotations

import os

from .entry import Reading
from .failures import STATE, Failure
from .log import log
from .position import Position, PositionLost
from .reasons import words_of
from .storage import read_copies, read_json, sealed, write_file, write_json, write_memory
from .words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

KEY_BYTES = 32
ENROLMENT = ("enrolment.json", "enrolment.copy.json")  # the same twice: a damaged one is survived by the other


class StateError(Failure):
    """The state directory cannot be used; the text says why and what to do."""

    status = STATE


def default_folder(environment: dict[str, str], uid: int) -> str:
    """The state directory: the system's for root, the user's own otherwise."""
    if uid == 0:
        return "/var/lib/posture-agent"
    base = environment.get("XDG_STATE_HOME") or os.path.join(environment.get("HOME", "/"), ".local/state")
    return os.path.join(base, "posture-agent")


class State:
    """A state directory (mode 0700, files 0600)."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def path(self, name: str) -> str:
        """Path of a file in the directory."""
        return os.path.join(self.folder, name)

    def prepare(self) -> None:
        """Make the directory and keep others out; raises StateError."""
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            os.chmod(self.folder, 0o700)
        except OSError as error:
            raise StateError(say("cannot use the state directory %s: %s", self.folder, words_of(error))) from None

    def host_key(self) -> bytes:
        """The key of fingerprints, made at the first use; it never leaves the host."""
        try:
            with open(self.path("host.key"), "rb") as file:
                key = file.read()
        except FileNotFoundError:
            key = os.urandom(KEY_BYTES)
            write_file(self.path("host.key"), key)
        if len(key) != KEY_BYTES:
            raise StateError(say("%s is damaged: remove it", self.path("host.key")))
        return key

    def enrolment(self) -> dict[str, Any]:
        """url, installation, token, key (base64), ca (bool), interval, next; raises StateError when not enrolled."""
        copies, failure = self._enrolments()
        if not any(copies):
            if failure is not None:
                raise StateError(say("cannot read %s: %s", failure.filename, words_of(failure)))
            if self.enrolled():
                raise StateError(say("%s is damaged: enrol this host again", self.path(ENROLMENT[0])))
            raise StateError(say("this host is not enrolled: run posture-agent enrol URL --key KEY"))
        return next(content for content in copies if content)

    def enrolled(self) -> bool:
        """Whether the host is enrolled."""
        return any(os.path.exists(self.path(name)) for name in ENROLMENT)

    def save_enrolment(self, content: dict[str, Any]) -> None:
        """Keep a new enrolment; numbers belong to the one before and begin anew."""
        self.change_enrolment(content)
        place = Position(self.folder, content["installation"])
        place.write(place.beginning())

    def change_enrolment(self, content: dict[str, Any]) -> None:
        """Change what is known of the server; the numbers go on."""
        for name in ENROLMENT:
            write_file(self.path(name), sealed(content))

    def whole(self) -> bool:
        """Whether both copies of the enrolment and of the position are as they were written."""
        try:
            place = Position(self.folder, self.enrolment()["installation"])
            return all(self._enrolments()[0]) and place.whole()
        except OSError:
            return False

    def mend(self) -> None:
        """Write both copies of the enrolment where one is damaged or gone. Raises StateError and OSError."""
        if not all(self._enrolments()[0]):
            self.change_enrolment(self.enrolment())

    def position(self) -> Position:
        """Where this installation stands; raises StateError where that is lost."""
        place = Position(self.folder, self.enrolment()["installation"])
        try:
            place.read()
        except PositionLost as error:
            raise StateError(words_of(error)) from None
        return place

    def _enrolments(self) -> tuple[list[dict[str, Any] | None], OSError | None]:
        return read_copies([self.path(name) for name in ENROLMENT])

    def remember(self, found: list[str]) -> list[str]:
        """The endpoints ever found here, those of before first; new ones are kept."""
        known = self._endpoints()
        merged = known + [endpoint for endpoint in found if endpoint not in known]
        if merged != known:
            write_memory(self.path("engines.json"), {"endpoints": merged})
        return merged

    def forget(self, endpoint: str) -> bool:
        """Look for an endpoint no longer; False where it was not known."""
        known = self.remember([])
        write_json(self.path("engines.json"), {"endpoints": [text for text in known if text != endpoint]})
        return endpoint in known

    def _endpoints(self) -> list[str]:
        """The endpoints that are remembered; of a damaged file none: nothing in it is worth stopping for."""
        path = self.path("engines.json")
        try:
            with Reading():
                content = read_json(path)
            known = [] if content is None else content["endpoints"]
            return [text for text in known if isinstance(text, str)]
        except (ValueError, TypeError, KeyError):
            log(say("%s is damaged and begun anew", path))
            write_memory(path, {"endpoints": []})
            return []
        except OSError as error:
            raise StateError(say("cannot read %s: %s", path, words_of(error))) from None
