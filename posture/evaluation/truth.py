"""Kleene's three-valued logic: true, false, and what could not be seen."""

from collections.abc import Iterable

from posture.facts.values import Unseen

Truth = bool | Unseen


def negation(truth: Truth) -> Truth:
    return truth if isinstance(truth, Unseen) else not truth


def conjunction(truths: Iterable[Truth]) -> Truth:
    """False as soon as one is; else the first unseen one; else true."""
    unseen: Unseen | None = None
    for truth in truths:
        if truth is False:
            return False
        if truth is not True and unseen is None:
            unseen = truth
    return True if unseen is None else unseen


def disjunction(truths: Iterable[Truth]) -> Truth:
    """True as soon as one is; else the first unseen one; else false."""
    unseen: Unseen | None = None
    for truth in truths:
        if truth is True:
            return True
        if truth is not False and unseen is None:
            unseen = truth
    return False if unseen is None else unseen
