"""One fact of one container, as the tests of this room ask for it."""

from typing import Any

from posture.facts.normalise import normalise
from posture.facts.tests.builders import container, snapshot
from posture.facts.values import Reason, Unseen, Value
from posture.facts.wire.host import HostFacts

NOT_COLLECTED = Unseen(Reason.NOT_COLLECTED)


def fact(
    name: str, *, engine_keys: dict[str, Any] | None = None, on: HostFacts | None = None, **overrides: Any
) -> Value:
    """The fact of a container with these overrides, on the host ``on``, with these keys of its engine."""
    found = normalise(snapshot([container("web", **overrides)], host=on, **(engine_keys or {})))
    return next(one for one in found.resources if one.kind == "container").facts[name]


def stopped(**overrides: Any) -> dict[str, Any]:
    """The same overrides of a container that does not run."""
    return {"running": False, **overrides}
