"""The nodes of facts: what an agent may leave out, and every single value."""

from collections.abc import Iterator
from typing import Any

import msgspec

from posture.facts.wire.snapshot import Facts

Path = tuple[str | int, ...]


def optional(facts: Facts) -> list[Path]:
    """Every key that is there and that the protocol lets an agent leave out: to leave it out is not to have seen it.

    An item of a list, or a name of a mapping, is no such node: without it the list would say something else.
    """
    return list(_optional(facts, ()))


def _optional(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, msgspec.Struct):
        for field in msgspec.structs.fields(value):
            inner = getattr(value, field.name)
            if inner is msgspec.UNSET:
                continue
            if field.default is msgspec.UNSET:
                yield (*path, field.encode_name)
            yield from _optional(inner, (*path, field.encode_name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _optional(inner, (*path, index))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _optional(inner, (*path, key))


def mappings(value: Any) -> frozenset[str]:
    """The keys of facts below which stand names of the host's own."""
    return frozenset(_mappings(value))


def _mappings(value: Any) -> Iterator[str]:
    if isinstance(value, msgspec.Struct):
        for field in msgspec.structs.fields(value):
            inner = getattr(value, field.name)
            if isinstance(inner, dict):
                yield field.encode_name
            yield from _mappings(inner)
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _mappings(inner)


def leaves(plain: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value of a document that holds no others, with its place; empty lists and mappings too."""
    below = plain.items() if isinstance(plain, dict) else enumerate(plain) if isinstance(plain, list) else ()
    if not below or not plain:
        yield path, plain
        return
    for key, value in below:
        yield from leaves(value, (*path, key))


def without(plain: Any, path: Path) -> Any:
    """The document without what stands there."""
    key, *rest = path
    copy: Any = dict(plain) if isinstance(plain, dict) else list(plain)
    if rest:
        copy[key] = without(copy[key], tuple(rest))
    else:
        del copy[key]
    return copy


def put(plain: Any, path: Path, value: Any) -> Any:
    """The document with another value there."""
    key, *rest = path
    copy: Any = dict(plain) if isinstance(plain, dict) else list(plain)
    copy[key] = put(copy[key], tuple(rest), value) if rest else value
    return copy


def pattern(path: Path, named: frozenset[str]) -> str:
    """Where it stands whatever its number: "Engines.*.Containers.*.Config.User". Below the fields of ``named`` keys are
    names of the host's own."""
    words: list[str] = []
    for key in path:
        free = isinstance(key, int) or (bool(words) and words[-1] in named)
        words.append("*" if free else str(key))
    return ".".join(words)
