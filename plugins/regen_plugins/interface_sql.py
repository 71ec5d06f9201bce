"""Interface: tables, columns and views of SQL, read by sqlglot, which is imported with the first file that changed.

Why statements are taken apart first: sqlglot takes milliseconds for each, and most are the same in both versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from regen.hooks import hookimpl
from regen.model.interface import Changed, ChangeKind, InterfaceChange

if TYPE_CHECKING:
    from sqlglot import exp

_TOKEN = re.compile(
    r"""--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|;""", re.DOTALL
)
_CREATES = re.compile(
    r"CREATE\s+(?:OR\s+(?:REPLACE|ALTER)\s+)?(?:(?:GLOBAL|LOCAL|TEMP|TEMPORARY|UNLOGGED|MATERIALIZED|EXTERNAL)\s+)*"
    r"(?:TABLE|VIEW)\b",
    re.IGNORECASE,
)
_DIALECTS = ("postgres", "", "sqlite", "mysql", "tsql", "oracle")


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    path: str
    line: int
    kind: str
    needed: bool
    rest: str

    @property
    def declared(self) -> str:
        return f"{self.name} {self.kind} {self.rest}".strip()


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    what: str
    path: str
    line: int
    columns: dict[str, _Column]
    says: str


@hookimpl
def regen_interface(changed: Changed) -> Sequence[InterfaceChange] | None:
    """Compare what scripts define; a table is the same one in whichever file it is defined."""
    if changed.language != "sql":
        return None
    before: dict[str, _Table] = {}
    after: dict[str, _Table] = {}
    unread = []
    for file in changed.files:
        sides = [_statements(content) for content in (file.before, file.after)]
        same = {said for said, _ in sides[0]} & {said for said, _ in sides[1]}
        for statements, tables in zip(sides, (before, after), strict=True):
            found = _tables(((said, line) for said, line in statements if said not in same), file.path)
            if found is None:
                why = "it cannot be read as SQL"
                unread.append(InterfaceChange.unread(file.path, why))
                break
            tables.update((table.name.lower(), table) for table in found)
    return [*unread, *_differences(before, after)]


def _statements(content: bytes | None) -> list[tuple[str, int]]:
    """Statements that create tables and views, without comments, each with its first line."""
    text = "" if content is None else content.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    found, parts, at = [], [], 0
    for token in _TOKEN.finditer(text):
        if token[0] != ";" and not token[0].startswith(("--", "/*")):
            continue
        parts.append(text[at : token.start()])
        at = token.end()
        if token[0] == ";":
            found.append(_statement("".join(parts), text.count("\n", 0, at) + 1))
            parts = []
        else:
            parts.append("\n" * token[0].count("\n") + " ")
    found.append(_statement("".join((*parts, text[at:])), text.count("\n") + 1))
    return [(said, line) for said, line in found if _CREATES.match(said)]


def _statement(text: str, last: int) -> tuple[str, int]:
    """A statement, and the line on which it begins; `last` is the one on which it ends."""
    said = text.lstrip()
    return said.rstrip(), last - said.count("\n")


def _tables(statements: Iterable[tuple[str, int]], path: str) -> list[_Table] | None:
    """Tables and views that statements create; None where no dialect reads one."""
    found = []
    for said, line in statements:
        created = _parsed(said)
        if created is None:
            return None
        found += [_table(one, path, line - 1) for one in created]
    return found


def _parsed(statement: str) -> list[exp.Create] | None:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    for dialect in _DIALECTS:
        try:
            parsed = sqlglot.parse(statement, read=dialect)
        except SqlglotError:
            continue
        return [one for one in parsed if isinstance(one, exp.Create) and one.kind in {"TABLE", "VIEW"}]
    return None


def _table(created: exp.Create, path: str, above: int) -> _Table:
    """What a statement creates; `above` is the number of lines before it."""
    from sqlglot import exp

    target = created.this
    table = target.this if isinstance(target, exp.Schema) else target
    columns = (
        [_column(one, path, above) for one in target.find_all(exp.ColumnDef)] if isinstance(target, exp.Schema) else []
    )
    line = above + table.this.meta.get("line", 1)
    says = "" if created.kind == "TABLE" else created.sql(comments=False)
    name = ".".join(part.name for part in table.parts)
    return _Table(name, str(created.kind).lower(), path, line, {one.name.lower(): one for one in columns}, says)


def _column(defined: exp.ColumnDef, path: str, above: int) -> _Column:
    constraints: list[Any] = [one.args.get("kind") for one in defined.args.get("constraints") or ()]
    names = {type(one).__name__ for one in constraints}
    given = names & {"DefaultColumnConstraint", "GeneratedAsIdentityColumnConstraint", "AutoIncrementColumnConstraint"}
    needed = bool(names & {"NotNullColumnConstraint", "PrimaryKeyColumnConstraint"}) and not given
    kind = defined.args.get("kind")
    rest = " ".join(one.sql(comments=False) for one in constraints if one is not None)
    line = above + defined.this.meta.get("line", 1)
    return _Column(defined.name, path, line, kind.sql() if kind is not None else "", needed, rest)


def _differences(before: dict[str, _Table], after: dict[str, _Table]) -> Iterator[InterfaceChange]:
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if new is None and old is not None:
            yield InterfaceChange("removed", True, old.path, old.line, old.name, old.what)
        elif old is None and new is not None:
            yield InterfaceChange("added", False, new.path, new.line, new.name, new.what)
        elif old is not None and new is not None:
            if (old.what, old.says) != (new.what, new.says):
                why = f"it was `{old.says or old.what}` and is `{new.says or new.what}`"
                yield InterfaceChange("changed", True, new.path, new.line, new.name, new.what, why=why)
            yield from _columns(new, old.columns, new.columns)


def _columns(table: _Table, before: dict[str, _Column], after: dict[str, _Column]) -> Iterator[InterfaceChange]:
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if new is None and old is not None:
            yield _change("removed", True, table, old, old, None)
        elif old is None and new is not None:
            why = "rows that are written as before have no value for it" if new.needed else None
            yield _change("added", new.needed, table, new, None, new, why)
        elif old is not None and new is not None and old.declared != new.declared:
            yield _altered(table, old, new)


def _altered(table: _Table, old: _Column, new: _Column) -> InterfaceChange:
    if old.kind != new.kind:
        return _change("changed", True, table, new, old, new, f"its type was `{old.kind}` and is `{new.kind}`")
    if new.needed and not old.needed:
        return _change("changed", True, table, new, old, new, "it may not be left out any more")
    return _change("changed", False, table, new, old, new)


def _change(
    kind: ChangeKind,
    breaking: bool,
    table: _Table,
    at: _Column,
    before: _Column | None,
    after: _Column | None,
    why: str | None = None,
) -> InterfaceChange:
    return InterfaceChange(
        kind,
        breaking,
        at.path,
        at.line,
        f"{table.name}.{at.name}",
        "column",
        None if before is None else before.declared,
        None if after is None else after.declared,
        why,
    )
