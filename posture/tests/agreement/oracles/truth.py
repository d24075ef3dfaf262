"""The shape of an oracle's answer, and the two most common ones."""

from collections.abc import Callable, Iterable

from posture.tests.agreement.readings import Readings

Truth = tuple[str, str]  # status, reading
Oracle = Callable[[Readings], Truth]


def holds(true: bool, reading: str) -> Truth:
    return ("pass" if true else "fail"), reading


def none_of(offenders: Iterable[str], source: str) -> Truth:
    """Pass when nothing offends; else the offenders are the reading."""
    found = list(offenders)
    return ("fail", f"{source}: {', '.join(found[:4])}") if found else ("pass", f"{source}: none")
