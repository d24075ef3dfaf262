"""What a rule would say, host by host: judged by itself, before it is switched on."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from posture.evaluation.evaluate import evaluate
from posture.evaluation.rule import Rule
from posture.evaluation.ruleset import Ruleset, single
from posture.evaluation.verdict import Status, Verdict
from posture.facts.resource import HostFacts
from posture.facts.values import Reason

WORST = 5  # hosts that are named


@dataclass(frozen=True, slots=True)
class HostTrial:
    """What the rule says about one host. ``first`` is what decided about its first resource that fails, else is
    unknown."""

    host: str
    status: Status
    resources: Mapping[Status, int]
    first: Verdict | None


@dataclass(slots=True)
class Trial:
    """What the rule says about many hosts; all but the hosts that fail most is kept as counts."""

    ruleset: Ruleset
    hosts: Counter[Status] = field(default_factory=Counter)
    resources: Counter[Status] = field(default_factory=Counter)
    unknown: Counter[Reason] = field(default_factory=Counter)  # resources and lists, by why they are unknown
    unsupported: int = 0  # resources that fail because the kernel cannot protect them
    without_facts: int = 0  # hosts that never reported
    worst: list[HostTrial] = field(default_factory=list)

    @property
    def judged(self) -> int:
        """How many hosts were judged."""
        return self.hosts.total()

    def add(self, host: str, facts: HostFacts | None, at: datetime) -> None:
        """One more host, with its facts if it has any."""
        if facts is None:
            self.without_facts += 1
            return
        found = evaluate(facts, self.ruleset, at)
        (state,) = found.states.values()
        verdicts = found.verdicts
        resources = {
            Status.PASS: state.passed,
            Status.FAIL: state.failed,
            Status.UNKNOWN: state.unknown,
            Status.NOT_APPLICABLE: state.not_applicable,
        }
        self.hosts[state.status] += 1
        self.resources.update(resources)
        self.unsupported += state.unsupported
        self.unknown.update(one.reason for one in verdicts if one.status is Status.UNKNOWN and one.reason)
        (check,) = self.ruleset.checks.values()
        if check.logic.manual is None:
            self.unknown.update(gap.reason for gap in facts.gaps if gap.kind is check.rule.subject)
        if state.status is Status.FAIL:
            first = min(verdicts, key=lambda one: one.status is not Status.FAIL)
            self.worst.append(HostTrial(host, state.status, resources, first))
            self.worst.sort(key=lambda one: (-one.resources[Status.FAIL], one.host))
            del self.worst[WORST:]


def trial_of(rule: Rule) -> Trial:
    """A trial of this rule, with its parameters' own values, that has seen no host yet."""
    return Trial(single(rule))


def verdicts_of(rule: Rule, facts: HostFacts, at: datetime) -> tuple[Verdict, ...]:
    """What the rule says about each resource of one host, with evidence."""
    return evaluate(facts, single(rule), at, everything=True).verdicts
