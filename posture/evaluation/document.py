"""One YAML document as plain values that remember their lines.

Sizes are bounded; aliases and doubled keys are refused.
"""

from pathlib import Path
from typing import Any

import yaml

from posture.evaluation.trouble import DataError

MAXIMUM_BYTES = 64 * 1024
MAXIMUM_DEPTH = 32
_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp")
)


class Located(dict[str, Any]):
    """A mapping of a document; ``line`` is where it begins, ``lines`` where each of its keys stands (from 1)."""

    line: int
    lines: dict[str, int]


def read(path: Path) -> Located:
    """The mapping in the file. Raises DataError when it is too large, not UTF-8, not YAML or not one mapping."""
    size = path.stat().st_size
    if size > MAXIMUM_BYTES:
        raise DataError(f"the file has {size} bytes, at most {MAXIMUM_BYTES} are read", path=path)
    try:
        return parse(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise DataError("the file is not UTF-8", path=path) from error
    except DataError as error:
        error.path = path
        raise


def parse(text: str) -> Located:
    """The mapping in the text; see read."""
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


def _plain(loader: yaml.CSafeLoader, node: yaml.Node, seen: set[int], depth: int) -> Any:
    line = node.start_mark.line + 1
    if id(node) in seen or depth > MAXIMUM_DEPTH:
        raise DataError("aliases and very deep nesting are not used here", line=line)
    if node.tag not in _TAGS:
        raise DataError("plain values only, without tags of their own", line=line)
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, seen, depth)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, item, seen, depth + 1) for item in node.value]
    try:
        return loader.construct_object(node)
    except ValueError as error:
        raise DataError(f"not a value: {error}", line=line) from error


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
