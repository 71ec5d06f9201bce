"""Two Python texts become what they say, so that an answer that is only ordered or laid out otherwise is told.

What counts as order: that of imports and the names in them, of definitions and assignments to one name in a module or
class, of elements of a list, set or dictionary, of keyword arguments. What counts as layout: everything that the syntax
tree does not hold, where comments stand included, but not what they say. Statements in a function keep their order.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections.abc import Sequence


def parses(content: bytes) -> bool:
    """Whether this Python reads it."""
    return _tree(content) is not None


def alike(one: bytes, other: bytes) -> bool:
    """Whether both say the same; of texts that do not parse, whether they differ in blanks alone."""
    if one == other:
        return True
    trees = [_tree(side) for side in (one, other)]
    if trees[0] is None or trees[1] is None:
        return b"".join(one.split()) == b"".join(other.split())
    return _said(trees[0]) == _said(trees[1]) and _comments(one) == _comments(other)


def _tree(content: bytes) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _comments(content: bytes) -> list[str]:
    found: list[str] = []
    try:
        for token in tokenize.tokenize(io.BytesIO(content).readline):
            if token.type == tokenize.COMMENT:
                found.extend(token.string.strip("# \t").split())
    except (tokenize.TokenError, SyntaxError):
        found.append("?")
    return sorted(found)


def _said(node: object) -> str:
    """What a part of a tree says, in one text."""
    match node:
        case ast.Module(body=body):
            return f"module {_block(body)}"
        case ast.ClassDef():
            parts = (_all(node.decorator_list), _all(node.bases), sorted(map(_said, node.keywords)))
            return f"class {node.name} {parts} {_block(node.body)}"
        case ast.List(elts=elements) | ast.Set(elts=elements):
            return f"{type(node).__name__} {sorted(map(_said, elements))}"
        case ast.Dict(keys=keys, values=values):
            return f"Dict {sorted(f'{_said(k)}: {_said(v)}' for k, v in zip(keys, values, strict=True))}"
        case ast.Call(func=func, args=arguments, keywords=keywords):
            return f"Call {_said(func)} {_all(arguments)} {sorted(map(_said, keywords))}"
        case ast.Expr(value=ast.Constant(value=str() as text)):  # a docstring
            return repr(" ".join(text.split()))
        case ast.AST():
            return (
                f"{type(node).__name__}({', '.join(f'{name}={_said(part)}' for name, part in ast.iter_fields(node))})"
            )
        case list():
            return f"[{', '.join(_run(node))}]"
    return repr(node)


def _all(nodes: Sequence[ast.AST]) -> list[str]:
    return [_said(node) for node in nodes]


def _block(body: Sequence[ast.stmt]) -> str:
    """Statements of a module or class: what has a name as a set, the others in their order."""
    imports: set[str] = set()
    named: list[str] = []
    others: list[ast.stmt] = []
    for node in body:
        match node:
            case ast.Import() | ast.ImportFrom():
                imports.update(_imports(node))
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                named.append(_said(node))
            case ast.Assign(targets=[ast.Name()]) | ast.AnnAssign(target=ast.Name()):
                named.append(_said(node))
            case _:
                others.append(node)
    return f"{sorted(imports)} {sorted(named)} {_all(others)}"


def _run(nodes: Sequence[object]) -> list[str]:
    """Parts in their order, but imports that stand together, each name for itself."""
    said: list[str] = []
    imports: list[str] = []
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.extend(_imports(node))
            continue
        said.extend(sorted(set(imports)))
        imports = []
        said.append(_said(node))
    return [*said, *sorted(set(imports))]


def _imports(node: ast.Import | ast.ImportFrom) -> list[str]:
    place = f"{'.' * node.level}{node.module or ''}" if isinstance(node, ast.ImportFrom) else ""
    return [f"import {place} {name.name} {name.asname}" for name in node.names]
