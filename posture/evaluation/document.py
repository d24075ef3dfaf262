"""One YAML document as plain values that remember their lines.

Sizes are bounded; aliases and doubled keys are refused.
"""

from pathlib import Path
from typing import Any

import yaml

from posture.evaluation.trouble import DataError

MAXIMUM_BYTES = 64 * 1024
MAXIMUM_DEPTH = 32
_DEEP = 8 * 1024  # characters: a shorter text cannot nest too deep for what reads it
_LONGEST_NUMBER = 256  # bits
_TOO_DEEP = "aliases and very deep nesting are not used here"
_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp")
)


class Located(dict[str, Any]):
    """A mapping of a document; ``line`` is where it begins, ``lines`` where each of its keys stands (from 1)."""

    line: int
    lines: dict[str, int]


def read(path: Path) -> Located:
    """The mapping in the file. Raises DataError when it is too large, not UTF-8, not YAML or not one mapping."""
    if not path.is_file() and path.exists():
        raise DataError("this is no file", path=path)  # a pipe would keep us waiting, a device has no end
    with path.open("rb") as file:
        data = file.read(MAXIMUM_BYTES + 1)
    if len(data) > MAXIMUM_BYTES:
        raise DataError(f"the file is too large: at most {MAXIMUM_BYTES} bytes are read", path=path)
    try:
        return parse(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise DataError("the file is not UTF-8", path=path) from error
    except DataError as error:
        error.path = path
        raise


def parse(text: str) -> Located:
    """The mapping in the text; see read."""
    if len(text) > _DEEP:
        _check_depth(text)
    loader = yaml.CSafeLoader(text)
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise DataError("the file must hold one mapping", line=1)
        value = _plain(loader, node, set(), 0)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise DataError(f"not YAML: {error.problem or error.context}", line=line) from error
    except yaml.YAMLError as error:
        raise DataError(f"not YAML: {error}") from error
    finally:
        loader.dispose()
    if not isinstance(value, Located):
        raise DataError("the file must hold one mapping", line=1)
    return value


def _check_depth(text: str) -> None:
    """What composes nodes calls itself for every level, in C: some ten thousand of them end the process."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAXIMUM_DEPTH + 1:
                raise DataError(_TOO_DEEP, line=event.start_mark.line + 1 if event.start_mark else 0)
    except yaml.YAMLError:
        return  # composing says what is wrong


def _plain(loader: yaml.CSafeLoader, node: yaml.Node, seen: set[int], depth: int) -> Any:
    line = node.start_mark.line + 1
    if id(node) in seen or depth > MAXIMUM_DEPTH:
        raise DataError(_TOO_DEEP, line=line)
    if node.tag not in _TAGS:
        raise DataError("plain values only, without tags of their own", line=line)
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, seen, depth)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, item, seen, depth + 1) for item in node.value]
    try:
        value = loader.construct_object(node)
    except ValueError as error:
        raise DataError(f"not a value: {error}", line=line) from error
    if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER:
        raise DataError("a number this large cannot be meant", line=line)
    return value


def _mapping(loader: yaml.CSafeLoader, node: yaml.MappingNode, seen: set[int], depth: int) -> Located:
    result = Located()
    result.line = node.start_mark.line + 1
    result.lines = {}
    for key_node, value_node in node.value:
        key = _plain(loader, key_node, seen, depth + 1)
        line = key_node.start_mark.line + 1
        if not isinstance(key, str):
            raise DataError(f"the key {key!r} is not a text: quote it", line=line)
        if key in result:
            raise DataError("this key stands twice", key=key, line=line)
        result.lines[key] = line
        result[key] = _plain(loader, value_node, seen, depth + 1)
    return result
