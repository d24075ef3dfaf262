"""Values of facts, and the value of a fact that could not be observed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a status is what it is; a closed list."""

    NOT_PERMITTED = "not_permitted"  # the agent may not read it
    SOURCE_FAILED = "source_failed"  # the source answered with an error
    NOT_COLLECTED = "not_collected"  # nobody asked for it
    TIMED_OUT = "timed_out"
    TOO_LARGE = "too_large"
    ABSENT = "absent"
    UNSUPPORTED_BY_KERNEL = "unsupported_by_kernel"
    NEEDS_PERSON = "needs_person"  # manual by nature
    NEEDS_PARAMETER = "needs_parameter"  # manual until the operator gives an allow-list or threshold
    NOT_APPLICABLE = "not_applicable"  # the rule's own condition says so
    NO_RESOURCE = "no_resource"  # there is nothing of this kind


@dataclass(frozen=True, slots=True)
class Unseen:
    """The value of a fact that could not be observed, with why."""

    reason: Reason = Reason.NOT_COLLECTED


Record = Mapping[str, "bool | int | str | None"]
Value = bool | int | str | tuple[str, ...] | tuple[Record, ...] | None | Unseen
