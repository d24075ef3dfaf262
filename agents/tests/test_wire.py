"""The agent and the server compute the same digest from the same facts."""

import json
import re
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agents.posture_agent import clock, wire

TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_the_canonical_form_is_the_servers(value: Any) -> None:
    assert wire.canonical(value) == msgspec.json.encode(value, order="sorted")


@given(VALUES)
def test_the_canonical_form_says_the_same_value(value: Any) -> None:
    assert json.loads(wire.canonical(value)) == value


def test_what_utf_8_cannot_say_is_replaced() -> None:
    assert wire.canonical({"a": "\udc80"}) == b'{"a":"?"}'


@given(st.floats(0, 4e9))
def test_moments_have_the_protocols_form(seconds: float) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", clock.moment(seconds))


def test_identifiers_are_random_uuids() -> None:
    first, second = wire.random_identifier(), wire.random_identifier()
    assert first != second
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", first)
