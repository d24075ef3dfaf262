"""What a report says about remediation: the rule's own words, and its steps."""

from posture.evaluation.rule import Rule, Words
from posture.reports.content import FixStep, Remediation


def say(words: Words, language: str) -> str:
    """A rule's words in a language; English where there are none."""
    return words.get(language) or words.get("en", "")


def remediation_of(rule: Rule, *, language: str) -> Remediation:
    """How to make a rule pass, as the rule says it: what stands in braces is to be filled in."""
    steps = tuple(FixStep(step.via.value, step.text.rstrip()) for step in rule.fix.steps)
    return Remediation(rule.fix.effect.value, say(rule.fix.breaks, language), steps)
