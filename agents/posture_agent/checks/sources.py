"""The engines, and every source of facts that fails."""

from __future__ import annotations

from ..collection import Options, collect
from ..engine_api import EngineError
from ..reading import ABSENT, NOT_COLLECTED, NOT_PERMITTED, SOURCE_FAILED, TIMED_OUT, TOO_LARGE
from ..words import known, say
from . import FINE, NOTE, WRONG, Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator

ENGINE_SECONDS = 5.0
READING_SECONDS = 30.0
WALKING_SECONDS = 2.0


def check(options: Options) -> Iterator[Result]:
    """Each engine, then what fails of everything else."""
    for endpoint in options.endpoints:
        yield engine(options.client(endpoint), endpoint)
    options.seconds, options.walk_seconds = READING_SECONDS, WALKING_SECONDS
    found = collect(options).facts
    unanswering = {facts["Key"] for facts in found["Engines"] if "Version" not in facts}
    failing = [
        entry
        for entry in found["Sources"]
        if entry["Status"] == "failed" and str(entry["Name"]).partition(".")[0] not in unanswering
    ]
    for entry in failing:
        detail = known(entry["Detail"])  # facts are English
        yield Result(NOTE, say("%s: %s", entry["Name"], reason_words(entry["Reason"])), detail)
    count = sum(1 for entry in found["Sources"] if entry["Status"] == "ok")
    yield Result(FINE if not failing else NOTE, say("sources that can be read: %d, that fail: %d", count, len(failing)))


def engine(client: Any, endpoint: str) -> Result:
    """One engine: reachable, and what it is."""
    client.timeout = ENGINE_SECONDS
    try:
        answer = client.version()
    except EngineError as error:
        words = say("the engine at %s: %s", endpoint, reason_words(error.reason))
        return Result(WRONG, words, engine_advice(error, endpoint))
    finally:
        client.close()
    version, api = str(answer.get("Version", "?"))[:64], str(answer.get("ApiVersion", "?"))[:16]
    return Result(FINE, say("the engine at %s answers: version %s, API %s", endpoint, version, api))


def reason_words(reason: str) -> str:
    """A reason of the closed list for people."""
    words = {
        NOT_PERMITTED: say("not permitted"),
        SOURCE_FAILED: say("no useful answer"),
        NOT_COLLECTED: say("not collected"),
        TIMED_OUT: say("no answer in time"),
        TOO_LARGE: say("too large"),
        ABSENT: say("not there"),
    }
    return words.get(reason, reason)


def engine_advice(error: EngineError, endpoint: str) -> str:
    """What to do about an engine that does not answer."""
    reason = error.reason
    if endpoint.startswith("https://"):
        return say("Look at the certificates in the folder of --engine-certs: %s", known(error.detail))
    if reason == NOT_PERMITTED:
        return say(
            "Run the agent as root, or let its account into the group that owns the socket "
            "(for Docker: usermod -aG docker ACCOUNT, which is equal to giving it root)."
        )
    if reason == ABSENT:
        return say(
            "If the engine listens elsewhere, name it with --engine unix:///PATH; "
            "if it was removed for good, run posture-agent forget %s.",
            endpoint,
        )
    return say("Look at the engine itself: is it running, and does it answer its own client?")
