"""Merge: what a merged module imports is held against the sides, and against the names that its code reads."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from regen_plugins.merge_python.outline import Key, Member
from regen_plugins.merge_python.statement import imported

IMPORTS = frozenset(("from", "import"))
_WORD = re.compile(r"[^\W\d]\w*")
Members = Sequence[Member]
_Import = tuple[Key, str]  # from where, and what


def wrong_imports(base: Members, ours: Members, theirs: Members, result: Members) -> str | None:
    """Names that one side began to import, or that both import, and the result does not; from where counts, too."""
    before, mine, other, got = (
        {
            (member.key[:2] if member.kind == "from" else member.key[:1], name)
            for member in side
            for name in _names(member)
        }
        for side in (base, ours, theirs, result)
    )
    missing = ((mine | other) - before | (mine & other)) - got
    for one, side in ((mine, other), (other, mine)):  # what was added to the imports of a module that got another name
        moved = _renamed(before, one)
        missing = {(of, name) for of, name in missing if (of, name) in one or (moved.get(of), name) not in got - side}
    return f"the imports miss {', '.join(sorted(name for _, name in missing))}" if missing else None


def _renamed(before: set[_Import], side: set[_Import]) -> dict[Key, Key]:
    """Modules from which a side imports nothing any more, to the one from which it now imports all of that."""
    found: dict[Key, Key] = {}
    for module in {of for of, _ in before} - {of for of, _ in side}:
        names = {name for of, name in before if of == module}
        new = [of for of in {of for of, _ in side} if all((of, name) in side - before for name in names)]
        if len(new) == 1:
            found[module] = new[0]
    return found


def _names(member: Member) -> tuple[str, ...]:
    return imported(member.node) if member.kind in IMPORTS else ()


def needed_imports(ours: ast.Module, theirs: ast.Module, result: ast.Module) -> frozenset[str]:
    """Imported names that one side removed with all their uses, and that the other side's edits still use."""
    here, mine, other = (imported_names(side.body) for side in (result, ours, theirs))
    needed: set[str] = set()
    for gone, side in ((other - mine - here, ours), (mine - other - here, theirs)):
        if gone:
            needed |= (gone & used(result)) - used(side)
    return frozenset(needed)


def imported_names(body: Sequence[ast.stmt]) -> set[str]:
    """Names that a module binds by importing, in `if` and `try` too."""
    names: set[str] = set()
    for node in body:
        if isinstance(node, ast.If | ast.Try):
            names.update(imported_names(node.body), imported_names(node.orelse))
        names.update(name.rpartition(" ")[2].partition(".")[0] for name in imported(node))
    return names


def used(tree: ast.AST) -> frozenset[str]:
    """Names that code reads, those in annotations that are strings included."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                names.add(name)
            case ast.AnnAssign(annotation=annotation) | ast.arg(annotation=ast.expr() as annotation):
                names.update(_quoted(annotation))
            case ast.FunctionDef(returns=ast.expr() as returns) | ast.AsyncFunctionDef(returns=ast.expr() as returns):
                names.update(_quoted(returns))
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List(elts=elements)):
                names.update(str(item.value) for item in elements if isinstance(item, ast.Constant))
    return frozenset(names)


def _quoted(annotation: ast.expr) -> Iterator[str]:
    for node in ast.walk(annotation):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _WORD.findall(node.value)
