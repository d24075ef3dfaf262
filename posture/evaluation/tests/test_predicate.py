"""Predicates: every operator, three-valued and monotone; evidence that can be shown."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posture.evaluation.document import Located, parse
from posture.evaluation.operators import OPERATORS
from posture.evaluation.predicate import Predicate, Scope, View, compile_predicate
from posture.evaluation.rule import Parameter, ParameterType
from posture.evaluation.tests.generated import fact_values, located, predicates
from posture.evaluation.trouble import DataError
from posture.facts.values import Reason, Unseen, Value
from posture.facts.vocabulary import CONTEXT, FACTS, Kind

AT = datetime(2026, 1, 1, tzinfo=UTC)
HIDDEN = Unseen(Reason.NOT_PERMITTED)


def compiled(plain: Any, kind: Kind = Kind.CONTAINER) -> Predicate:
    return compile_predicate(located(plain), Scope(kind))


def view(facts: dict[str, Value]) -> View:
    return View(facts, facts, AT)


CASES: list[tuple[dict[str, Any], Value, Value]] = [
    ({"fact": "Config.User", "equals": "a"}, "a", "b"),
    ({"fact": "Config.User", "not_equals": "a"}, "b", "a"),
    ({"fact": "Config.User", "in": ["a", "b"]}, "b", "c"),
    ({"fact": "Config.User", "not_in": ["a", "b"]}, "c", "a"),
    ({"fact": "HostConfig.Memory", "less_than": 5}, 4, 5),
    ({"fact": "HostConfig.Memory", "at_most": 5}, 5, 6),
    ({"fact": "HostConfig.Memory", "greater_than": 5}, 6, 5),
    ({"fact": "HostConfig.Memory", "at_least": 5}, 5, 4),
    ({"fact": "HostConfig.Memory", "mode_within": "0o644"}, 0o640, 0o606),
    ({"fact": "HostConfig.Memory", "mode_within": 0o755}, 0o711, 0o733),
    ({"fact": "HostConfig.Memory", "mode_within": 0o755}, 0o755, 0o1755),
    ({"fact": "Config.User", "matches": "^ro+t$"}, "root", "groot"),
    ({"fact": "Config.User", "not_matches": "^ro+t$"}, "groot", "root"),
    ({"fact": "Config.User", "empty": True}, "", "a"),
    ({"fact": "Ulimits", "empty": False}, ("a",), ()),
    ({"fact": "Ulimits", "contains": "a"}, ("b", "a"), ("b",)),
    ({"fact": "Ulimits", "not_contains": "a"}, ("b",), ("a",)),
    ({"fact": "Ulimits", "contains_any": ["a", "b"]}, ("b", "c"), ("c",)),
    ({"fact": "Ulimits", "contains_all": ["a", "b"]}, ("b", "a", "c"), ("a",)),
    ({"fact": "Ulimits", "contains_none": ["a", "b"]}, ("c",), ("a", "c")),
    ({"fact": "Ulimits", "subset_of": ["a", "b"]}, ("a",), ("a", "c")),
    ({"fact": "Config.User", "under": ["/etc"]}, "/etc/ssh", "/etcetera"),
    ({"fact": "Config.User", "under": ["/etc"]}, "/usr/../etc", "/etc/../usr"),
    ({"fact": "Config.User", "under": ["/"]}, "/x", "x"),
    ({"fact": "Config.User", "not_under": ["docker.io/library"]}, "docker.io/libraryx/a", "docker.io/library/a"),
    ({"fact": "Config.User", "version_at_least": "24.0"}, "24.0.7-ce", "20.10.24+dfsg1"),
    ({"fact": "Config.User", "version_below": "24.0"}, "v1.11.1", "24"),
    ({"fact": "ImageCreated", "ends_after_days": 30}, "2026-02-01T00:00:00Z", "2026-01-31T00:00:00Z"),
    ({"fact": "ImageCreated", "newer_than_days": 30}, "2025-12-03T00:00:00Z", "2025-12-02T00:00:00Z"),
    ({"every": "Ulimits", "holds": {"fact": "item", "matches": "^a"}}, ("a", "ab"), ("a", "b")),
    ({"some": "Ulimits", "holds": {"fact": "item", "equals": "a"}}, ("b", "a"), ()),
]


@pytest.mark.parametrize(("plain", "good", "bad"), CASES)
def test_operator(plain: dict[str, Any], good: Value, bad: Value) -> None:
    fact = plain.get("fact") or plain.get("every") or plain["some"]
    predicate, negated = compiled(plain), compiled({"not": plain})
    assert predicate.judge(view({fact: good})) is True
    assert predicate.judge(view({fact: bad})) is False
    assert negated.judge(view({fact: good})) is False
    assert predicate.judge(view({})) == Unseen(Reason.NOT_COLLECTED)
    assert predicate.judge(view({fact: HIDDEN})) == HIDDEN


def test_every_operator_has_a_case() -> None:
    assert {name for plain, _, _ in CASES for name in plain} >= set(OPERATORS)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_hiding_any_facts_keeps_the_answer_or_hides_it(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from((Kind.CONTAINER, Kind.DAEMON, Kind.FILE, Kind.IMAGE)))
    predicate = compile_predicate(data.draw(predicates(kind)), Scope(kind))
    facts = data.draw(fact_values({**FACTS[kind], **CONTEXT}))
    names = data.draw(st.sets(st.sampled_from(sorted(facts)))) if facts else set()
    before = predicate.judge(view(facts))
    after = predicate.judge(view({**facts, **dict.fromkeys(names, HIDDEN)}))
    assert isinstance(after, Unseen) or after is before


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_evidence_is_there_and_safe(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from((Kind.CONTAINER, Kind.DAEMON)))
    predicate = compile_predicate(data.draw(predicates(kind)), Scope(kind))
    looked = view(data.draw(fact_values({**FACTS[kind], **CONTEXT})))
    predicate.judge(looked)
    evidence = list(predicate.explain(looked, False))
    assert evidence
    for part in evidence:
        for text in (part.seen, part.wanted):
            assert 0 < len(text) <= 500
            assert not any(unicodedata.category(character)[0] == "C" for character in text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fact: Nonsense\nequals: 1", "Nonsense is no fact of a container"),
        ("fact: Running\nequals: 1", "1 is not a value of the fact's own type"),
        ("fact: Running\ngreater_than: 1", "Running is boolean"),
        ("fact: Running\nequal: true", "found equal"),
        ("fact: Running", "no operator"),
        ("fact: Running\nequals: true\nnot_equals: true", "exactly one"),
        ("fact: item\nequals: a", "only inside every and some"),
        ("fact: Config.User\nmatches: '('", "not a regular expression"),
        ("fact: Config.User\nversion_below: 24.0", "24.0 is not a version"),
        ("fact: Config.User\nequals: {parameter: x}", "an operand is a literal or"),
        ("fact: Config.User\nequals: null", "may not be null"),
        ("every: Running\nholds: {fact: item, equals: a}", "Running is not a list"),
        ("all: []", "wants a list of predicates"),
        ("xor: []", "a predicate is one of"),
        ("not: 3", "a predicate is a mapping"),
        ("fact: HostConfig.Memory\nmode_within: 0o99", "not a mode"),
    ],
)
def test_a_wrong_predicate_does_not_compile(text: str, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        compile_predicate(parse(text), Scope(Kind.CONTAINER))


def scoped(value: int | None) -> Scope:
    parameter = Parameter("limit", ParameterType.INTEGER, None, {})
    return Scope(Kind.CONTAINER, {"limit": parameter}, {"limit": value} if value is not None else {})


def test_a_parameter_that_is_not_given_hides() -> None:
    raw = parse("fact: HostConfig.Memory\nat_most: {parameter: limit}")
    assert compile_predicate(raw, scoped(7)).judge(view({"HostConfig.Memory": 7})) is True
    assert compile_predicate(raw, scoped(None)).judge(view({"HostConfig.Memory": 7})) == Unseen(Reason.NEEDS_PARAMETER)


def test_a_parameter_of_another_type_does_not_compile() -> None:
    raw = parse("fact: Config.User\nequals: {parameter: limit}")
    with pytest.raises(DataError, match="is integer"):
        compile_predicate(raw, scoped(None))


def test_evidence_shows_units_and_offenders() -> None:
    def shown(plain: Any, facts: dict[str, Value], kind: Kind = Kind.CONTAINER) -> list[tuple[str, str]]:
        return [(part.seen, part.wanted) for part in compiled(plain, kind).explain(view(facts), False)]

    memory = {"fact": "HostConfig.Memory", "at_most": 256 * 2**20}
    assert shown(memory, {"HostConfig.Memory": 512 * 2**20}) == [("512 MiB", "≤ 256 MiB")]
    mode = {"fact": "Mode", "mode_within": "0o644"}
    assert shown(mode, {"Mode": 0o666}, Kind.FILE) == [("0666", "≤ 0644")]
    every = {"every": "Ulimits", "holds": {"fact": "item", "matches": "^a"}}
    assert shown(every, {"Ulimits": ("ab", "b", "c")}) == [("b", "matches ^a"), ("c", "matches ^a")]
    assert shown({"fact": "Ulimits", "empty": True}, {"Ulimits": ("x", "y")}) == [("x, y", "empty")]
    negated = {"not": {"fact": "Running", "equals": True}}
    assert shown(negated, {"Running": True}) == [("true", "≠ true")]
    assert shown({"fact": "Running", "equals": True}, {"Running": HIDDEN}) == [("not seen (not_permitted)", "= true")]


def test_only_the_parts_that_decided_are_shown() -> None:
    plain = {"all": [{"fact": "Running", "equals": True}, {"fact": "Config.User", "equals": "a"}]}
    found = compiled(plain).explain(view({"Running": True, "Config.User": "b"}), False)
    assert [part.fact for part in found] == ["Config.User"]


def test_the_clock_is_told() -> None:
    predicate = compiled({"fact": "ImageCreated", "newer_than_days": 30})
    assert predicate.until is not None
    assert list(predicate.until(view({"ImageCreated": "2025-12-20T00:00:00Z"}))) == [datetime(2026, 1, 19, tzinfo=UTC)]
    assert list(predicate.until(view({"ImageCreated": "2025-01-20T00:00:00Z"}))) == []
    assert compiled({"fact": "Running", "equals": True}).until is None
    ends = compiled({"fact": "ImageCreated", "ends_after_days": 30})
    assert ends.until is not None
    assert list(ends.until(view({"ImageCreated": "2026-03-02T00:00:00Z"}))) == [datetime(2026, 1, 31, tzinfo=UTC)]
    assert list(ends.until(view({"ImageCreated": "2026-01-15T00:00:00Z"}))) == []


def test_nothing_is_new_before_it_is_there() -> None:
    predicate = compiled({"fact": "ImageCreated", "newer_than_days": 30})
    ahead = view({"ImageCreated": "2099-12-20T00:00:00Z"})
    assert predicate.judge(ahead) == Unseen(Reason.SOURCE_FAILED)
    assert predicate.until is not None
    assert list(predicate.until(ahead)) == [datetime(2099, 12, 19, tzinfo=UTC)]
    assert predicate.judge(view({"ImageCreated": "2026-01-02T00:00:00Z"})) is True  # clocks disagree


@pytest.mark.parametrize("days", [2**63, 10**30, -(10**30)])
def test_no_number_of_days_is_too_large(days: int) -> None:
    predicate = compiled({"fact": "ImageCreated", "newer_than_days": days})
    seen = view({"ImageCreated": "2025-12-20T00:00:00Z"})
    assert predicate.judge(seen) is (days > 0)
    assert predicate.until is not None
    assert len(list(predicate.until(seen))) == (days > 0)
    ends = compiled({"fact": "ImageCreated", "ends_after_days": days})
    assert ends.judge(seen) is (days < 0)
    assert ends.until is not None
    assert len(list(ends.until(seen))) == (days < 0)
    assert len(list(ends.until(view({"ImageCreated": "9999-12-20T00:00:00Z"})))) == (days > 0)


def test_located_keeps_lines() -> None:
    found = parse("a: 1\nb:\n  c: 2\n")
    assert found.lines == {"a": 1, "b": 2}
    assert isinstance(found["b"], Located)
    assert found["b"].lines == {"c": 3}
