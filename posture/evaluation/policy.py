"""A policy: a choice between pieces of advice that contradict each other. It acts only in our own edition."""

from collections.abc import Mapping
from dataclasses import dataclass

from posture.evaluation.document import Located
from posture.evaluation.fields import check_keys, mapping, mappings, text, texts, words, wrong
from posture.evaluation.rule import ParameterValue, Rule, Words
from posture.evaluation.rule_parameters import read_parameters

_MAXIMUM_TITLE = 120
_MAXIMUM_WORDS = 600


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer. ``rule`` judges it with ``parameters``; without a rule nothing is judged where it is chosen."""

    id: str
    title: Words
    tradeoff: Words
    rule: str | None
    parameters: Mapping[str, ParameterValue]


@dataclass(frozen=True, slots=True)
class Policy:
    """``question`` is what the operator answers, ``contradiction`` who says what; ``sources`` by number only."""

    id: str
    title: Words
    question: Words
    contradiction: Words
    sources: tuple[str, ...]
    default: str
    choices: Mapping[str, Choice]

    def rules(self) -> tuple[str, ...]:
        """The ids of the rules that its choices name, each once."""
        return tuple(dict.fromkeys(choice.rule for choice in self.choices.values() if choice.rule is not None))


def read_policy(source: Located, rules: Mapping[str, Rule]) -> Policy:
    """Raises DataError naming key and line."""
    check_keys(source, needed=("id", "title", "question", "contradiction", "sources", "default", "choices"))
    choices: dict[str, Choice] = {}
    for one in mappings(source, "choices"):
        choice = _choice(one, rules)
        if choice.id in choices:
            raise wrong(one, "id", f"the choice {choice.id} stands twice")
        choices[choice.id] = choice
    default = text(source, "default")
    if default not in choices or len(choices) < 2:
        raise wrong(source, "default", "wants one of at least two choices")
    return Policy(
        id=text(source, "id", maximum=80),
        title=words(source, "title", maximum=_MAXIMUM_TITLE),
        question=words(source, "question", maximum=_MAXIMUM_WORDS),
        contradiction=words(source, "contradiction", maximum=_MAXIMUM_WORDS),
        sources=texts(source, "sources"),
        default=default,
        choices=choices,
    )


def _choice(source: Located, rules: Mapping[str, Rule]) -> Choice:
    check_keys(source, needed=("id", "title", "tradeoff"), optional=("rule", "parameters"))
    name = text(source, "rule") if "rule" in source else None
    if name is not None and name not in rules:
        raise wrong(source, "rule", f"there is no rule {name}")
    if name is None and "parameters" in source:
        raise wrong(source, "parameters", "without a rule there is nothing they could change")
    return Choice(
        id=text(source, "id", maximum=80),
        title=words(source, "title", maximum=_MAXIMUM_TITLE),
        tradeoff=words(source, "tradeoff", maximum=_MAXIMUM_WORDS),
        rule=name,
        parameters=read_parameters(mapping(source, "parameters"), rules[name])
        if name and "parameters" in source
        else {},
    )
