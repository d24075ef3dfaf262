"""Strategies: values of facts as the vocabulary types them, and predicates over them."""

from typing import Any

from hypothesis import strategies as st

from posture.evaluation.document import Located
from posture.evaluation.operators import OPERATORS, Operand, Operator
from posture.facts.values import Reason, Unseen, Value
from posture.facts.vocabulary import CONTEXT, FACTS, FactType, Kind, Type

WORDS = ("", "a", "host", "default", "/etc", "/etc/ssh", "/", "24.0", "20.10.24", "NET_RAW", "ALL", "none")
texts = st.one_of(st.sampled_from(WORDS), st.text(max_size=8))
integers = st.one_of(st.sampled_from((-1, 0, 1, 0o644, 0o777, 1024)), st.integers(-(2**63), 2**63 - 1))
moments = st.datetimes().map(lambda moment: moment.replace(microsecond=0).isoformat() + "Z")
unseen = st.sampled_from(Reason).map(Unseen)


def seen_values(type_: FactType) -> st.SearchStrategy[Any]:
    if type_.type is Type.RECORDS:
        field = st.one_of(st.none(), st.booleans(), integers, texts)
        return st.lists(st.fixed_dictionaries(dict.fromkeys(type_.fields, field)), max_size=3).map(tuple)
    return {
        Type.BOOLEAN: st.booleans(),
        Type.INTEGER: integers,
        Type.TEXT: texts,
        Type.MOMENT: st.one_of(moments, texts),
        Type.TEXTS: st.lists(texts, max_size=4).map(tuple),
    }[type_.type]


def fact_values(names: dict[str, FactType]) -> st.SearchStrategy[dict[str, Value]]:
    """Some facts seen, some Unseen, some left out."""
    return st.fixed_dictionaries(
        {}, optional={name: st.one_of(seen_values(type_), unseen) for name, type_ in names.items()}
    )


def seen_facts(names: dict[str, FactType]) -> st.SearchStrategy[dict[str, Value]]:
    """Every fact seen."""
    return st.fixed_dictionaries({name: seen_values(type_) for name, type_ in names.items()})


def located(plain: Any) -> Any:
    """A predicate as the loader would hand it over."""
    if isinstance(plain, dict):
        found = Located({key: located(value) for key, value in plain.items()})
        found.line, found.lines = 1, dict.fromkeys(plain, 1)
        return found
    return [located(item) for item in plain] if isinstance(plain, list) else plain


def operands(operator: Operator, type_: Type | None) -> st.SearchStrategy[Any]:
    own: st.SearchStrategy[Any] = {Type.BOOLEAN: st.booleans(), Type.INTEGER: integers}.get(type_ or Type.TEXT, texts)
    return {
        Operand.SAME: own,
        Operand.SAME_LIST: st.lists(own, max_size=3),
        Operand.INTEGER: st.integers(0, 5000),
        Operand.MODE: st.integers(0, 0o7777),
        Operand.PATTERN: st.sampled_from(("^a", "etc", "[0-9]+", "")),
        Operand.BOOLEAN: st.booleans(),
        Operand.TEXT: texts,
        Operand.TEXTS: st.lists(texts, max_size=3),
        Operand.PATHS: st.lists(st.sampled_from(("/", "/etc", "docker.io/library")), max_size=3),
        Operand.VERSION: st.sampled_from(("24.0", "1.11", "5")),
    }[operator.operand]


def leaves(names: dict[str, FactType], key: str = "fact") -> st.SearchStrategy[Any]:
    """Every fact with every operator that its type allows."""
    pairs = [(name, word) for name, type_ in names.items() for word in OPERATORS if type_.type in OPERATORS[word].types]
    return st.sampled_from(pairs).flatmap(
        lambda pair: operands(OPERATORS[pair[1]], names[pair[0]].type).map(
            lambda operand: {key: pair[0], pair[1]: operand}
        )
    )


def quantified(names: dict[str, FactType]) -> st.SearchStrategy[Any]:
    lists = [name for name, type_ in names.items() if type_.type is Type.TEXTS]
    if not lists:
        return st.nothing()
    inner = leaves({"item": FactType(Type.TEXT, "")})
    return st.tuples(st.sampled_from(("every", "some")), st.sampled_from(lists), inner).map(
        lambda parts: {parts[0]: parts[1], "holds": parts[2]}
    )


def predicates(kind: Kind) -> st.SearchStrategy[Any]:
    names = {**FACTS[kind], **CONTEXT}
    return st.recursive(
        st.one_of(leaves(names), quantified(names)),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
            inner.map(lambda part: {"not": part}),
        ),
        max_leaves=5,
    ).map(located)
