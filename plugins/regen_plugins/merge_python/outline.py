"""Merge: a Python module becomes members that have names, each with its own lines; put together they are the file.

Why `ast` and lines here, and libcst only for single statements: libcst parses 120 lines in 9 ms, `ast` in 1 ms, and a
merge needs three modules. Lines keep every comment and blank where it stood; libcst takes apart the few statements that
both sides changed.
"""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

Key = tuple[str, ...]
Lines = tuple[str, ...]

_FIRST = frozenset(("docstring", "from", "import"))  # what stands above these is of the file, not of them
_SETTERS = frozenset(("setter", "getter", "deleter"))


class Unstructured(Exception):  # noqa: N818 - not an error: lines are merged then
    """The file has a shape that is not merged by structure; the message says which."""


@dataclass(frozen=True, slots=True)
class Member:
    """One statement of a module or class, or what stands around them.

    Attributes:
        key: kind and name: the same member has the same key on all sides. Kinds: header, docstring, import, from,
            field (any assignment to one name), note (a string under a field), class, function, if, statement, footer;
            of opened members also decorator and body.
        lead: blank lines and comments above.
        lines: the statement, with decorators.
        first: number of the first of `lines` in the file, from 1.
        node: the statement; None where there is none, or more than one (overloads, `a = 1; b = 2`).
    """

    key: Key
    lead: Lines
    lines: Lines
    first: int
    node: ast.stmt | None = None

    @property
    def kind(self) -> str:
        """The first part of the key."""
        return self.key[0]

    @property
    def text(self) -> Lines:
        """Everything: what stands above, and the statement."""
        return self.lead + self.lines


@dataclass(frozen=True, slots=True)
class Opened:
    """A compound statement, taken apart; put together the parts are its lines.

    Attributes:
        decorators: members of kind "decorator".
        head: the lines from `class` or `def` to the colon.
        head_first: number of the head's first line.
        members: of a class or an `if`: its statements; of a function: docstring and body.
        indent: what stands before its statements.
    """

    decorators: tuple[Member, ...]
    head: Lines
    head_first: int
    members: tuple[Member, ...]
    indent: str


def parsed(lines: Sequence[str]) -> ast.Module:
    """The tree of a module.

    Raises:
        Unstructured: it does not parse.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the syntax gate speaks of them
            return ast.parse("\n".join(lines) + "\n")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unstructured(f"it does not parse: {error}") from error


def outline(lines: Sequence[str], module: ast.Module) -> tuple[Member, ...]:
    """Members of a module, given as lines and as their tree.

    Raises:
        Unstructured: one name is defined in two places.
    """
    members = list(_members(module.body, tuple(lines), 1))
    first = members[0] if members else None
    if first is not None and first.lead:
        blank = [at for at, line in enumerate(first.lead) if not line.strip()]
        cut = len(first.lead) if first.kind in _FIRST else (blank[-1] + 1 if blank else 0)
        if cut:
            members[:1] = [Member(("header",), (), first.lead[:cut], 1), replace(first, lead=first.lead[cut:])]
    return _named(members)


def opened(member: Member) -> Opened | None:
    """Take a class, a function or an `if` without `else` apart; None where it stands on one line."""
    node = member.node
    if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.If):
        return None
    if isinstance(node, ast.If) and node.orelse:
        return None
    start, body = node.lineno - member.first, _start(node.body[0]) - member.first
    if body <= start or not _starts_its_line(node.body[0], member.lines[body]):
        return None
    end = body
    while not member.lines[end - 1].strip() or member.lines[end - 1].lstrip().startswith("#"):
        end -= 1
    inside, first = member.lines[end:], member.first + end
    if isinstance(node, ast.ClassDef | ast.If):
        members = _named(list(_members(node.body, inside, first)))
    else:
        members = tuple(_of_function(node, inside, first))
    decorators = tuple(_decorators(member, node)) if not isinstance(node, ast.If) else ()
    indent = member.lines[body][: len(member.lines[body]) - len(member.lines[body].lstrip())]
    return Opened(decorators, member.lines[start:end], node.lineno, members, indent)


def _starts_its_line(statement: ast.stmt, line: str) -> bool:
    return line.lstrip().startswith("@") or len(line) - len(line.lstrip()) == statement.col_offset


def _start(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", None)
    return min(decorators[0].lineno, statement.lineno) if decorators else statement.lineno


def _members(body: Sequence[ast.stmt], lines: Lines, first: int) -> Iterator[Member]:
    """Members of a block; `first` is the number of the first of `lines`."""
    at = 0
    waiting: Member | None = None
    indent = body[0].col_offset if body else 0
    for group in _on_own_lines(body):
        start, end = _start(group[0]) - first, (group[-1].end_lineno or group[-1].lineno) - first + 1
        lead = lines[at:start]
        if waiting is not None:
            waiting, lead = _claimed(waiting, lead, indent)
            yield waiting
        node = group[0] if len(group) == 1 else None
        own = lines[start:end]
        waiting = Member(_key(node, own, waiting), lead, own, first + start, node)
        at = end
    rest = lines[at:]
    if waiting is not None:
        waiting, rest = _claimed(waiting, rest, indent)
        yield waiting
    if rest:
        yield Member(("footer",), (), rest, first + len(lines) - len(rest))


def _on_own_lines(body: Sequence[ast.stmt]) -> Iterator[list[ast.stmt]]:
    group: list[ast.stmt] = []
    for statement in body:
        if group and _start(statement) > (group[-1].end_lineno or 0):
            yield group
            group = []
        group.append(statement)
    if group:
        yield group


def _claimed(member: Member, gap: Lines, indent: int) -> tuple[Member, Lines]:
    """Comments after a compound statement that are indented deeper belong to it."""
    if not isinstance(getattr(member.node, "body", None), list):
        return member, gap
    deep = [
        at for at, line in enumerate(gap) if line.lstrip().startswith("#") and len(line) - len(line.lstrip()) > indent
    ]
    cut = deep[-1] + 1 if deep else 0
    return replace(member, lines=member.lines + gap[:cut]), gap[cut:]


def _key(node: ast.stmt | None, lines: Lines, before: Member | None) -> Key:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return ("function", node.name, *_accessor(node))
        case ast.ClassDef():
            return ("class", node.name)
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return ("field", name)
        case ast.ImportFrom():
            return ("from", "." * node.level + (node.module or ""))
        case ast.Import():
            return ("import", ", ".join(sorted(_imported(node))))
        case ast.If():
            return ("if", lines[0].strip())
        case ast.Expr(value=ast.Constant(value=str())):
            if before is None:
                return ("docstring",)
            if before.kind == "field":
                return ("note", before.key[1])
    return ("statement", "\n".join(lines))


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [f"{name.name} as {name.asname}" if name.asname else name.name for name in node.names]


def _accessor(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
    """`@x.setter` makes another member than `@property`."""
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Attribute) and decorator.attr in _SETTERS:
            return (decorator.attr,)
    return ()


def _named(members: list[Member]) -> tuple[Member, ...]:
    """Give each member a key of its own: overloads become one member, other repetitions are counted."""
    counts = Counter(member.key for member in members)
    if len(counts) == len(members):
        return tuple(members)
    seen: Counter[Key] = Counter()
    named: list[Member] = []
    for member in members:
        if counts[member.key] > 1 and member.kind in {"function", "class"}:
            last = named[-1] if named else None
            if last is not None and last.key == member.key:
                named[-1] = replace(last, lines=last.lines + member.text, node=None)
                continue
            if seen[member.key]:
                raise Unstructured(f"{member.kind} `{member.key[1]}` is defined in two places")
            named.append(member)
        else:
            repeated = seen[member.key]
            named.append(replace(member, key=(*member.key, f"#{repeated}")) if repeated else member)
        seen[member.key] += 1
    return tuple(named)


def _decorators(member: Member, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Member]:
    starts = [decorator.lineno - member.first for decorator in node.decorator_list]
    ends = [*starts, node.lineno - member.first][1:]
    seen: Counter[str] = Counter()
    for decorator, start, end in zip(node.decorator_list, starts, ends, strict=True):
        name = ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)
        key = ("decorator", name, *([f"#{seen[name]}"] if seen[name] else []))
        seen[name] += 1
        yield Member(key, (), member.lines[start:end], member.first + start)


def _of_function(node: ast.FunctionDef | ast.AsyncFunctionDef, lines: Lines, first: int) -> Iterator[Member]:
    at = 0
    statement = node.body[0]
    match statement:
        case ast.Expr(value=ast.Constant(value=str())):
            following = node.body[1].lineno if len(node.body) > 1 else None
            end = statement.end_lineno or statement.lineno
            if following is None or following > end:
                at = end - first + 1
                start = statement.lineno - first
                yield Member(("docstring",), lines[:start], lines[start:at], first + start, statement)
    if lines[at:]:
        yield Member(("body",), (), lines[at:], first + at)
