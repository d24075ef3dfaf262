"""Normalisers stand whatever decodes."""

import pytest
from hypothesis import HealthCheck, given, settings
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from posture.facts.normalise import forget, normalise
from posture.facts.resource import HostFacts
from posture.facts.tests.builders import container, hardened, image, snapshot
from posture.facts.tests.wire import any_snapshot
from posture.facts.values import Unseen
from posture.facts.vocabulary import CONTEXT, FACTS, FactType, Type
from posture.facts.wire.snapshot import Snapshot

PYTHON = {
    Type.BOOLEAN: bool,
    Type.INTEGER: int,
    Type.TEXT: str,
    Type.MOMENT: str,
    Type.TEXTS: tuple,
    Type.RECORDS: tuple,
}


def check_types(found: HostFacts) -> None:
    """Every fact of the vocabulary is there and has its type, and no other is."""
    for resource in found.resources:
        vocabulary = FACTS[resource.kind]
        assert set(resource.facts) == set(vocabulary), resource.key
        for name, value in resource.facts.items():
            check_type(name, value, vocabulary[name])
    for values in found.context.values():
        for name, value in values.items():
            check_type(name, value, CONTEXT[name])


def check_type(name: str, value: object, wanted: FactType) -> None:
    if isinstance(value, Unseen):
        return
    assert type(value) is PYTHON[wanted.type], (name, value)
    if wanted.type is Type.TEXTS:
        assert isinstance(value, tuple)
        assert all(isinstance(item, str) for item in value), (name, value)


@pytest.mark.long
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(any_snapshot())
def test_any_snapshot_becomes_typed_facts_with_unique_keys(given: Snapshot) -> None:
    found = normalise(given)
    check_types(found)
    keys = [resource.key for resource in found.resources]
    assert len(keys) == len(set(keys))
    assert found == normalise(given)
    assert set(found.context) == set(found.context_digest) == {"", *(engine.Key for engine in given.facts.Engines)}


def test_ordinary_snapshot_hides_nothing_but_what_is_not_there() -> None:
    found = normalise(snapshot([container("web"), hardened("db")], [image("nginx:1.25")]))
    check_types(found)
    hidden = {
        (resource.key, name)
        for resource in found.resources
        for name, value in resource.facts.items()
        if isinstance(value, Unseen) and resource.facts.get("Kind") != "absent"  # nobody owns what is not there
    }
    assert hidden == set()
    assert found.gaps == ()


def test_equal_facts_share_a_digest_whatever_their_names() -> None:
    found = normalise(snapshot([container("a"), container("b"), hardened("c")]))
    digests = {resource.name: resource.digest for resource in found.resources if resource.kind == "container"}
    assert digests["a"] == digests["b"] != digests["c"]


@pytest.mark.long
@given(one=any_snapshot(), other=any_snapshot())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_remembered_on_one_host_holds_on_another(one: Snapshot, other: Snapshot) -> None:
    containers = next((engine.Containers for engine in one.facts.Engines), UNSET)
    images = next((engine.Images for engine in one.facts.Engines), UNSET)
    engines = [replace(engine, Containers=containers, Images=images) for engine in other.facts.Engines]
    same = replace(other, facts=replace(other.facts, Engines=engines))
    normalise(one)
    remembered = normalise(same)
    forget()
    assert remembered == normalise(same)


def test_what_is_around_a_container_is_remembered_with_it() -> None:
    """The same container, and each thing around it that its facts are made of."""
    one = snapshot([container("web")], images=[image("a")])
    engine = one.facts.Engines[0]
    assert not isinstance(engine.Info, UnsetType)
    hosts = [
        replace(one.facts, Host=replace(one.facts.Host, AppArmorProfiles={"docker-default": "complain"})),
        replace(one.facts, Host=replace(one.facts.Host, SELinux="enforcing")),
        replace(one.facts, Engines=[replace(engine, Info=replace(engine.Info, SecurityOptions=[]))]),
        replace(one.facts, Engines=[replace(engine, Info=replace(engine.Info, MemTotal=1))]),
        replace(one.facts, Engines=[replace(engine, Images=[])]),
        replace(one.facts, Engines=[replace(engine, Endpoint="unix:///elsewhere.sock")]),
    ]
    for facts in hosts:
        normalise(one)
        remembered = normalise(replace(one, facts=facts))
        forget()
        assert remembered == normalise(replace(one, facts=facts))
