"""Strategies: hosts whose resources have any facts of the vocabulary."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from posture.evaluation.tests.generated import fact_values, seen_facts
from posture.facts.resource import HostFacts, Resource
from posture.facts.vocabulary import CONTEXT, FACTS, Kind

at = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
_KINDS = (Kind.CONTAINER, Kind.CONTAINER, Kind.IMAGE, Kind.DAEMON, Kind.HOST)
# Made once: Hypothesis checks every strategy that is new to it, hundreds for a kind.
_FACTS = {kind: st.one_of(seen_facts(dict(FACTS[kind])), fact_values(dict(FACTS[kind]))) for kind in set(_KINDS)}
_CONTEXT = st.one_of(seen_facts(dict(CONTEXT)), fact_values(dict(CONTEXT)))
_RESOURCES = st.lists(st.sampled_from(_KINDS), min_size=1, max_size=4)


@st.composite
def host_facts(draw: st.DrawFn) -> HostFacts:
    """A few resources of one engine. Digests are those of the values, as the normaliser makes them."""
    resources = []
    for number, kind in enumerate(draw(_RESOURCES)):
        facts = draw(_FACTS[kind])
        key = f"docker/{kind.value}/{number}"
        resources.append(Resource(kind, key, key, "docker", facts, f"{kind.value}{sorted(facts.items())}"))
    context = draw(_CONTEXT)
    return HostFacts(tuple(resources), (), {"docker": context}, {"docker": str(sorted(context.items()))})
