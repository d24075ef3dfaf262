"""Options of the daemon: what the command line sets, what daemon.json sets, and the default else.

dockerd refuses to start when both set one option, so whichever has it decides; when one of the two could not be read
and the other says nothing, the option is Unseen.
"""

from dataclasses import dataclass

from msgspec import UnsetType

from posture.facts.observed import FAILED, of_error
from posture.facts.values import Record, Unseen
from posture.facts.wire.engine import DaemonConfig, Setting


@dataclass(frozen=True, slots=True)
class Options:
    """``flags`` and ``file`` are Unseen where the place could not be read."""

    flags: dict[str, Setting] | Unseen
    file: dict[str, Setting] | Unseen

    def get(self, name: str, default: Setting) -> Setting | Unseen:
        """The value in effect."""
        if not isinstance(self.flags, Unseen) and name in self.flags:
            return self.flags[name]
        if not isinstance(self.file, Unseen) and name in self.file:
            return self.file[name]
        if isinstance(self.flags, Unseen):
            return self.flags
        return self.file if isinstance(self.file, Unseen) else default

    def flag(self, name: str, default: bool) -> bool | Unseen:
        value = self.get(name, default)
        return value if isinstance(value, bool | Unseen) else FAILED

    def text(self, name: str, default: str) -> str | Unseen:
        value = self.get(name, default)
        return value if isinstance(value, str | Unseen) else FAILED

    def texts(self, name: str) -> tuple[str, ...] | Unseen:
        value = self.get(name, [])
        if isinstance(value, Unseen):
            return value
        return tuple(value) if isinstance(value, list) else FAILED

    def table(self, name: str) -> dict[str, object] | Unseen:
        value = self.get(name, {})
        if isinstance(value, Unseen):
            return value
        return dict(value) if isinstance(value, dict) else FAILED

    def known_texts(self, name: str) -> tuple[tuple[str, ...], bool]:
        """Every text that either place lists, and whether both places could be read."""
        found: list[str] = []
        for place in (self.flags, self.file):
            value = [] if isinstance(place, Unseen) else place.get(name, [])
            if isinstance(value, list):
                found.extend(value)
        return tuple(found), not (isinstance(self.flags, Unseen) or isinstance(self.file, Unseen))

    def sources(self) -> tuple[Record, ...] | Unseen:
        """Which place sets each option that is set."""
        if isinstance(self.flags, Unseen) and isinstance(self.file, Unseen):
            return self.flags
        places = {} if isinstance(self.file, Unseen) else dict.fromkeys(self.file, "daemon.json")
        if not isinstance(self.flags, Unseen):
            places |= dict.fromkeys(self.flags, "command line")
        return tuple({"Option": name, "Place": places[name]} for name in sorted(places))


def daemon_options(daemon: DaemonConfig | UnsetType, unseen: Unseen) -> Options:
    """The options of a daemon; ``unseen`` says why when nothing is known of it."""
    if isinstance(daemon, UnsetType):
        return Options(unseen, unseen)
    flags: dict[str, Setting] | Unseen
    flags = of_error(daemon.FlagsError) if isinstance(daemon.Flags, UnsetType) else daemon.Flags
    if isinstance(daemon.File, UnsetType):
        return Options(flags, of_error(daemon.FileError))
    return Options(flags, daemon.File if daemon.File is not None else {})
