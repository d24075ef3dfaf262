"""Which checks may judge a control."""

from collections.abc import Mapping

from posture.evaluation.edition import Control, Edition
from posture.evaluation.ruleset import check_key


def candidates_of(edition: str, control: Control) -> Mapping[str, str]:
    """By key of the check, its rule: one for each choice of a policy that has a rule, else the control's own."""
    if control.policy is None:
        return {} if control.rule is None else {check_key(edition, control.rule, control.parameters): control.rule}
    return {
        check_key(edition, choice.rule, choice.parameters): choice.rule
        for choice in control.policy.choices.values()
        if choice.rule is not None
    }


def check_keys(edition: Edition) -> set[str]:
    """The checks that may judge an edition."""
    return {key for control in edition.controls() for key in candidates_of(edition.id, control)}
