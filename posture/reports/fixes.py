"""What a report says about remediation: the rule's own words, and its steps with the real names of one example."""

from datetime import datetime

from posture.evaluation.rule import Rule, Words
from posture.fleet.queries.report import FindingGroup
from posture.fleet.services.observed import facts_at
from posture.remediation import plan
from posture.reports.content import FixStep, Remediation

LINES = 12  # a second way is printed when it is no longer than this; the pages show every way


def say(words: Words, language: str) -> str:
    """A rule's words in a language; English where there are none."""
    return words.get(language) or words.get("en", "")


def remediation_of(rule: Rule, *, example: FindingGroup | None, at: datetime, language: str) -> Remediation:
    """How to make a rule pass, written for a resource that does not; without one there are words only."""
    effect, breaks = rule.fix.effect.value, say(rule.fix.breaks, language)
    facts = facts_at(host=example.host_id, at=at) if example else None
    if example is None or facts is None:
        return Remediation(effect, breaks, ())
    resource = next((one for one in facts.resources if one.key == example.first_key), None)
    if resource is None:
        return Remediation(effect, breaks, ())
    fix = plan.fix(rule, resource, facts.context.get(resource.engine, {}))
    chosen = [step for place, step in enumerate(fix.steps[:2]) if place == 0 or step.text.count("\n") < LINES]
    steps = tuple(FixStep(step.via.value, step.text.rstrip(), step.then, say(step.note, language)) for step in chosen)
    return Remediation(fix.effect.value, say(fix.breaks, language), steps, f"{resource.name} ({example.host})")
