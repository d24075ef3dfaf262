"""``doctor`` looks for what is wrong, one thing after the other, and says what to do. It ends in any case."""

from __future__ import annotations

from .. import contact
from ..checks import FINE, NOTE, WRONG, Result, bounded, listed, machine, network, sources, starting
from ..failures import OK, TROUBLE, Failure
from ..log import show
from ..options import Given
from ..reasons import words_of
from ..state import State
from ..transport import transport_of
from ..words import say
from .collecting import collection_options
from .place import state_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterator

LIMIT = 45.0  # seconds for a group of checks, each of which has limits of its own


def run(given: Given) -> int:
    """Print every result; TROUBLE where one is wrong."""
    state = state_of(given)
    wrong = 0
    for words, check, arguments in (
        (say("this machine"), machine.check, (state,)),
        (say("engines and sources"), read, (given, state)),
        (say("the server"), reach, (given, state)),
        (say("last contact"), heard, (state,)),
        (say("what starts the agent"), starting.check, ()),
    ):
        for result in tried(words, check, arguments):
            wrong += result.mark == WRONG
            show("%s %s" % (result.mark, result.words))
            if result.advice and result.mark != FINE:
                show("    " + result.advice)
    show(say("things that are wrong: %d", wrong) if wrong else say("nothing is wrong"))
    return TROUBLE if wrong else OK


def tried(words: str, check: Callable[..., Iterator[Result]], arguments: tuple[Any, ...]) -> list[Result]:
    """The results of a group of checks; a failure or a check that hangs is a result too."""
    try:
        return list(bounded(LIMIT, listed, check, *arguments))
    except Failure as error:
        return [Result(WRONG, say("%s: %s", words, error))]
    except TimeoutError:
        return [Result(WRONG, say("%s: no answer within %d seconds", words, LIMIT))]
    except OSError as error:
        return [Result(WRONG, say("%s: %s", words, words_of(error)))]


def read(given: Given, state: State) -> Iterator[Result]:
    """Engines and sources, without touching what the agent keeps."""
    options = collection_options(given, b"\0" * 32, None, state.remember if state.enrolled() else list)
    options.scans = given.scans or state.path("scans")
    return sources.check(options)


def heard(state: State) -> Iterator[Result]:
    """How the agent itself fared last: a server that answers may still refuse what this installation says."""
    last = contact.last(state.folder)
    if last and not last.get("ok"):
        yield Result(WRONG, say("the last contact failed, %s: %s", last.get("at"), last.get("outcome")))


def reach(given: Given, state: State) -> Iterator[Result]:
    """The way to the server, where there is one and the network is not left out."""
    if not state.enrolled():
        advice = say("posture-agent enrol URL --key KEY lets it in; Add a host in Posture shows the command.")
        return iter([Result(NOTE, say("this host is not enrolled"), advice)])
    if given.offline:
        return iter([Result(NOTE, say("the server was left out"))])
    return network.Way(state, transport_of(given)).results()
