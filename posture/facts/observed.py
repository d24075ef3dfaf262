"""From the wire to values: what is absent on the wire becomes Unseen, with why."""

from collections.abc import Mapping
from typing import TypeVar

from msgspec import UNSET, UnsetType

from posture.facts.values import Reason, Unseen
from posture.facts.wire.snapshot import Facts

T = TypeVar("T")
NOT_COLLECTED = Unseen(Reason.NOT_COLLECTED)
FAILED = Unseen(Reason.SOURCE_FAILED)
ABSENT = Unseen(Reason.ABSENT)


def seen(value: T | UnsetType, unseen: Unseen = NOT_COLLECTED) -> T | Unseen:
    """The value, or ``unseen`` when the key is not there."""
    return unseen if isinstance(value, UnsetType) else value


def seen_or(value: T | UnsetType | None, null: T, unseen: Unseen = NOT_COLLECTED) -> T | Unseen:
    """The value, ``null`` for the engine's own null, ``unseen`` when the key is not there."""
    if isinstance(value, UnsetType):
        return unseen
    return null if value is None else value


def of_error(error: str | UnsetType) -> Unseen:
    """Why, in the words of a read error of the wire."""
    return NOT_COLLECTED if error is UNSET else Unseen(Reason(error))


class SourceReasons:
    """Why each source that was not read was not read."""

    def __init__(self, facts: Facts) -> None:
        self._reasons: Mapping[str, Unseen] = {
            source.Name: of_error(source.Reason) for source in facts.Sources if source.Status != "ok"
        }

    def of(self, name: str) -> Unseen:
        return self._reasons.get(name, NOT_COLLECTED)

    def first(self, *names: str) -> Unseen:
        """Of the first of these sources that has a reason."""
        return next((self._reasons[name] for name in names if name in self._reasons), NOT_COLLECTED)
