"""Strategies for anything that decodes: built from the wire structures themselves, so that no key is forgotten."""

from functools import cache
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect as shape

from posture.facts.tests.builders import snapshot
from posture.facts.wire.snapshot import Facts, Snapshot

# Words that the normalisers know: random texts alone would never reach their branches.
WORDS = (
    *("", "0", "root", "0:0", "default", "bridge", "host", "none", "container:x", "unconfined", "ALL", "CAP_NET_RAW"),
    *("/", "/etc", "/var/run/docker.sock", "../..", "name=seccomp,profile=default", "name=userns", "name=apparmor"),
    *("no-new-privileges:false", "seccomp=unconfined", "label:disable", "tcp://0.0.0.0:2375", "fd://", ":2375"),
    *(
        "20.10.24",
        "1.11.1",
        "bind",
        "volume",
        "rshared",
        "hosts",
        "tlsverify",
        "syslog-address",
        "tcp remote",
        "80/tcp",
    ),
    *("::", "0.0.0.0", "80-90", "overlay2", "inactive", "NONE", "CMD", "index-refresh", "ADD", "ffffffffff", "nginx:1"),
    *("0001-01-01T00:00:00Z", "2025-01-01T00:00:00.123456789Z", "dm.basesize=10G", "docker.info", "docker.containers"),
)


def texts(maximum: int | None) -> st.SearchStrategy[str]:
    return st.one_of(st.sampled_from(WORDS), st.text(max_size=min(maximum or 40, 40)))


def values(type_: shape.Type) -> st.SearchStrategy[Any]:
    """Plain values (as JSON has them) that decode as this type."""
    match type_:
        case shape.StructType():
            return structures(type_)
        case shape.UnionType():
            return st.one_of([values(one) for one in type_.types])
        case shape.Metadata():
            return values(type_.type)
        case shape.LiteralType():
            return st.sampled_from(type_.values)
        case shape.StrType():
            return st.from_regex(type_.pattern, fullmatch=True) if type_.pattern else texts(type_.max_length)
        case shape.BoolType():
            return st.booleans()
        case shape.IntType():
            return integers(type_)
        case shape.FloatType():
            return st.floats(min_value=type_.ge or 0, max_value=1e6, allow_nan=False)
        case shape.NoneType():
            return st.none()
        case shape.ListType():
            return st.lists(values(type_.item_type), max_size=3)
        case shape.DictType():
            return st.dictionaries(values(type_.key_type), values(type_.value_type), max_size=3)
    raise TypeError(f"the protocol has a new kind of type: {type_}")


def integers(type_: shape.IntType) -> st.SearchStrategy[int]:
    low = type_.ge if type_.ge is not None else -(2**63)
    high = type_.le if type_.le is not None else 2**63 - 1
    small = [number for number in (0, 1, 2, -1, 80, 1023, 1024, 2**31) if low <= number <= high]
    return st.one_of(st.sampled_from(small), st.integers(low, high))


def structures(type_: shape.StructType) -> st.SearchStrategy[dict[str, Any]]:
    needed: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for field in type_.fields:
        (needed if field.required else optional)[field.encode_name] = values(field.type)
    return st.fixed_dictionaries(needed, optional=optional)


@cache
def any_facts() -> st.SearchStrategy[Facts]:
    kind = shape.type_info(Facts)
    return values(kind).map(lambda plain: msgspec.convert(plain, Facts))


def any_snapshot() -> st.SearchStrategy[Snapshot]:
    """An ordinary envelope around any facts."""
    return any_facts().map(lambda facts: msgspec.structs.replace(snapshot(), facts=facts))
