"""Takes out of Python source what only its readers need: comments, docstrings and imports for type checkers.

Everything else stays where it is, so that a traceback of the built agent names lines of the repository and shows them.
"""

from __future__ import annotations

import ast
import io
import tokenize

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)


def stripped(source: str) -> str:
    """The source without what only readers need. Raises ValueError where that would change what it does."""
    lines = source.split("\n")
    for statement, stand_in in readers_only(ast.parse(source)):
        first, last = statement.lineno - 1, (statement.end_lineno or statement.lineno) - 1
        lines[first] = lines[first][: statement.col_offset] + stand_in
        lines[first + 1 : last + 1] = [""] * (last - first)
    for row, column in comments("\n".join(lines)):
        lines[row] = lines[row][:column]
    text = "\n".join(line.rstrip() for line in lines).rstrip("\n") + "\n"
    if shape(text) != shape(source):
        raise ValueError("stripping changes what this module does")
    return text


def readers_only(tree: ast.Module) -> list[tuple[ast.stmt, str]]:
    """Statements that do nothing, each with what has to stand in its place: ``pass`` where a body would be empty."""
    found: list[tuple[ast.stmt, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            found.append((node.body[0], "" if len(node.body) > 1 or node is tree else "pass"))
        elif isinstance(node, ast.If) and never(node):
            found.append((node, ""))
    return found


def comments(source: str) -> list[tuple[int, int]]:
    """Row and column, from 0, of each comment."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [(token.start[0] - 1, token.start[1]) for token in tokens if token.type == tokenize.COMMENT]


def shape(source: str) -> str:
    """What a module does, and on which lines: equal for a source and the same one stripped."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.stmt):
            node.end_lineno = node.end_col_offset = 0  # a definition may have ended with what was taken out
        if isinstance(body, list):
            node.body = [one for one in body if not idle(one)]  # type: ignore[attr-defined]  # it has one
    return ast.dump(tree, include_attributes=True)


def idle(statement: ast.stmt) -> bool:
    """Whether a statement does nothing: a text, ``pass``, or what only type checkers look at."""
    if isinstance(statement, ast.If):
        return never(statement)
    text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return text or isinstance(statement, ast.Pass)


def never(condition: ast.If) -> bool:
    """Whether only type checkers take this way."""
    return isinstance(condition.test, ast.Name) and condition.test.id == "TYPE_CHECKING" and not condition.orelse
