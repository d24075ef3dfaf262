"""What ``doctor`` looks at: each check yields results, and none of them may hang."""

from __future__ import annotations

import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterator

FINE, WRONG, NOTE = "✓", "✗", "!"


class Result:
    """What a check found: mark, words, and what to do where something is wrong."""

    def __init__(self, mark: str, words: str, advice: str = "") -> None:
        self.mark = mark
        self.words = words
        self.advice = advice


def bounded(seconds: float, call: Callable[..., Any], *arguments: Any) -> Any:
    """What ``call`` returns or raises; raises TimeoutError after so many seconds, whatever it is doing then."""
    ended: list[tuple[bool, Any]] = []

    def work() -> None:
        try:
            ended.append((True, call(*arguments)))
        except BaseException as error:  # noqa: BLE001 -- it is raised again below
            ended.append((False, error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if not ended:
        raise TimeoutError
    done, value = ended[0]
    if not done:
        raise value
    return value


def listed(check: Callable[..., Iterator[Result]], *arguments: Any) -> list[Result]:
    """All results of a check."""
    return list(check(*arguments))
