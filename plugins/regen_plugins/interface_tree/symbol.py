"""Interface: a file becomes its public symbols, each with how it is declared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from regen.model.structure import Declaration
from regen_plugins.interface_tree.visible import Visible, scope_of, visible
from regen_plugins.tree_source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

_NO_SYMBOLS = frozenset(
    (
        *("import", "package", "parameter", "type parameter", "embedded type", "lifetime", "attribute", "statement"),
        *("element", "assignment", "initializer", "accessor", "macro"),
    )
)
_GROUPS = frozenset(("export", "members", "namespace"))  # what they hold is found by its own name
_VALUED = frozenset(("constant", "variable", "field", "property", "static", "value", "variant"))
_OPTIONAL = frozenset(("?", "="))
_UNSAID = frozenset(("{", "}", ",", ";", "=", "override", "partial", "synchronized", "strictfp"))  # no user sees them
_BODIES = frozenset(("arrow_expression_clause",))  # C#: `=> value`
_LONGEST = 160  # letters of a declaration that are shown


class Parameter(NamedTuple):
    """One parameter: its name, what else is said of it, and whether callers may leave it out."""

    name: str
    said: tuple[str, ...]
    optional: bool


@dataclass(frozen=True, slots=True)
class Symbol:
    """One name that other files may use.

    Attributes:
        owner: names of what it stands in, from the outside.
        name: its own.
        overload: what tells it apart from others of its name; "" where nothing does.
        word: what it is, such as "class".
        path, line: where it stands.
        head: what its declaration says, without parameters, values, marks, bodies and members.
        marks: annotations and attributes before it.
        parameters: None where it has none of its own, such as a class.
        value: of a constant or a field; None where there is none.
        optional: whether it may be left out, such as `name?: string`, or has a body or a value of its own.
        closed: whether users write it in full, such as a literal of a struct.
        declared: its text, without body and members, on one line.
    """

    owner: tuple[str, ...]
    name: str
    overload: str
    word: str
    path: str
    line: int
    head: tuple[str, ...]
    marks: tuple[str, ...]
    parameters: tuple[Parameter, ...] | None
    value: str | None
    optional: bool
    closed: bool
    declared: str

    @property
    def shown(self) -> str:
        """Its name in the file."""
        return ".".join((*self.owner, self.name))


def symbols(path: str, source: Source) -> Iterator[tuple[tuple[str, ...], Symbol]]:
    """Public symbols of a file with their scopes: what of its place, or its package, a user has to name."""
    scope = scope_of(source, path)
    reader = _Reader(path, source, visible(source))
    for symbol in reader.walk(source.root, (), None):
        yield scope, symbol


class _Reader:
    def __init__(self, path: str, source: Source, shown: Visible) -> None:
        self._path, self._source, self._shown = path, source, shown

    def walk(self, node: Node, owner: tuple[str, ...], inside: str | None) -> Iterator[Symbol]:
        """Symbols below a node; `inside` is the word of what they stand in."""
        structure = self._source.structure
        for child in node.children:
            known = structure.declarations.get(child.type)
            if child.type in structure.bodies or child.type in structure.comments or not child.is_named:
                continue
            if known is None:
                yield from self.walk(child, owner, inside)
            elif known.word == "export" and _given_on(child):
                yield self._symbol(child, known, owner, inside, name=self._text(child).removesuffix(";"))
            elif known.word in _GROUPS or _wraps(source=self._source, node=child, known=known):
                yield from self.walk(child, self._within(owner, child, known), inside)
            elif known.word == "impl":
                yield from self._impl(child, owner, known)
            elif known.word not in _NO_SYMBOLS and self._shown(child, known, inside):
                symbol = self._symbol(child, known, owner, inside)
                yield symbol
                inner = child if known.word not in _VALUED else _object(_value(child))
                if inner is not None:
                    yield from self.walk(inner, (*owner, symbol.name), known.word)

    def _within(self, owner: tuple[str, ...], node: Node, known: Declaration) -> tuple[str, ...]:
        if known.word != "namespace":
            return owner
        return (*owner, *(name for name in self._source.name(node, known.name) if name))

    def _impl(self, node: Node, owner: tuple[str, ...], known: Declaration) -> Iterator[Symbol]:
        """Rust: what is done for a type stands below the type; that a trait is done for it is a symbol."""
        trait, kind = self._source.name(node, known.name)
        if trait:
            yield self._symbol(node, known, owner, None, name=f"impl {trait} for {kind}")
        else:
            yield from self.walk(node, (*owner, kind.partition("<")[0]), "impl")

    def _symbol(
        self, node: Node, known: Declaration, owner: tuple[str, ...], inside: str | None, *, name: str | None = None
    ) -> Symbol:
        """A symbol; one that is given a name is only there or not, however it is written."""
        named = [part for part in self._source.name(node, known.name) if part]
        if known.word == "method" and inside is None and len(named) > 1:  # Go: the receiver's type, then the name
            owner, named = (*owner, named[0].lstrip("*")), named[1:]
        over = "" if known.overload is None else ",".join(self._source.name(node, (known.overload,)))
        value = _value(node) if known.word in _VALUED else None
        tokens = tuple(self._tokens(node, known, value)) if name is None else ()
        marks = tuple(self._marks(node)) if name is None else ()
        bodied = any(self._body(child) for child in node.children)
        return Symbol(
            owner,
            name or " ".join(named) or known.word,
            over,
            known.word,
            self._path,
            node.start_point.row + 1,
            tokens,
            marks,
            self._parameters(node) if name is None else None,
            None if value is None or self._body(value) or _object(value) is not None else self._said(value),
            "?" in tokens or bodied or value is not None,
            not any("non_exhaustive" in mark for mark in marks),
            name or self._declared(node, known),
        )

    def _body(self, node: Node) -> bool:
        return node.type in self._source.structure.bodies or node.type in _BODIES

    def _declared(self, node: Node, known: Declaration) -> str:
        end = self._end(node, known)
        text = " ".join(self._source.text[node.start_byte : end].decode(errors="replace").split()).rstrip(" {=(,;")
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"

    def _end(self, node: Node, known: Declaration) -> int:
        """Where what is shown of a declaration ends: at its body, or at the first of its members."""
        for child in node.children:
            within = self._source.structure.declarations.get(child.type)
            if self._body(child):
                return child.start_byte
            if within is not None and child.is_named and within.word not in (*_NO_SYMBOLS, known.word, "value"):
                return child.start_byte
            if child.child_count and known.word not in _VALUED:
                end = self._end(child, known)
                if end != child.end_byte:
                    return child.start_byte if child.type in self._source.structure.blocks else end
        return node.end_byte

    def _tokens(self, node: Node, known: Declaration, value: Node | None) -> Iterator[str]:
        """What a declaration says, by itself."""
        structure = self._source.structure
        for at, child in enumerate(node.children):
            within = structure.declarations.get(child.type)
            if child.type in structure.comments or self._body(child) or self._annotates(child) or child == value:
                continue
            if node.field_name_for_child(at) == "receiver":
                continue
            if within is not None and within.word not in _NO_SYMBOLS and child.is_named and within.word != known.word:
                continue
            if _holds_parameters(child, node.field_name_for_child(at)):
                yield "(...)"
            elif child.child_count == 0:
                text = self._text(child)
                if text and text not in _UNSAID and (text != "async" or structure.language == "rust"):
                    yield text
            else:
                yield from self._tokens(child, known, value)

    def _annotates(self, node: Node) -> bool:
        """Whether a node is an annotation, and no modifier, which belongs to what is declared."""
        return node.type in self._source.structure.marks and node.type != "modifier"

    def _marks(self, node: Node) -> Iterator[str]:
        """Annotations that stand in the declaration, and those that stand before it."""
        before = []
        above = node.prev_named_sibling
        while above is not None and (self._annotates(above) or self._comment(above)):
            if self._annotates(above):
                before.append(self._text(above))
            above = above.prev_named_sibling
        modifiers = [one for child in node.children if child.type == "modifiers" for one in child.children]
        within = [self._text(one) for one in (*node.children, *modifiers) if self._annotates(one)]
        yield from (mark for mark in (*reversed(before), *within) if mark != "@Override")

    def _parameters(self, node: Node) -> tuple[Parameter, ...] | None:
        for at, child in enumerate(node.children):
            if _holds_parameters(child, node.field_name_for_child(at)):
                return tuple(self._parameter(one) for one in child.named_children if not self._comment(one))
        return None

    def _parameter(self, node: Node) -> Parameter:
        known = self._source.structure.declarations.get(node.type)
        name = " ".join(self._source.name(node, known.name)) if known is not None else ""
        said = [self._text(leaf) for leaf in self._leaves(node)]
        optional = node.type == "optional_parameter" or bool(_OPTIONAL & set(said))
        if name in said:
            said.remove(name)
        return Parameter(name, tuple(word for word in said if word), optional)

    def _comment(self, node: Node) -> bool:
        return node.type in self._source.structure.comments

    def _said(self, node: Node) -> str:
        """A value without comments, on one line."""
        return "".join(self._text(leaf) for leaf in self._leaves(node))

    def _leaves(self, node: Node) -> Iterator[Node]:
        if self._comment(node):
            return
        if node.child_count == 0 or "string" in node.type:
            yield node
            return
        for child in node.children:
            yield from self._leaves(child)

    def _text(self, node: Node) -> str:
        return " ".join(self._source.of(node).decode(errors="replace").split())


def _given_on(node: Node) -> bool:
    """ECMAScript: whether `export * from "./a"`, or a name in `export { A } from "./a"`, gives on what is elsewhere."""
    if node.type == "export_statement":
        return any(child.type in {"*", "namespace_export"} for child in node.children)
    clause = node.parent
    statement = clause.parent if clause is not None else None
    return statement is not None and statement.child_by_field_name("source") is not None


def _wraps(source: Source, node: Node, known: Declaration) -> bool:
    """Whether a node only holds declarations of its own kind, such as Go's `type ( ... )`."""
    inner = (source.structure.declarations.get(child.type) for child in node.named_children)
    return any(one is not None and one.word == known.word for one in inner) and node.child_by_field_name("name") is None


def _holds_parameters(node: Node, field: str | None) -> bool:
    return field == "parameters" or (field is None and node.type in {"formal_parameters", "parameter_list"})


def _value(node: Node) -> Node | None:
    """The value that a constant or a field is given, wherever its grammar keeps it."""
    direct = node.child_by_field_name("value")
    if direct is not None:
        return direct
    for child in node.named_children:
        if child.type.endswith("declarator"):
            inner = child.child_by_field_name("value")
            if inner is not None or child.child_count < 2:
                return inner
            equals = [at for at, one in enumerate(child.children) if one.type == "="]
            return child.children[equals[0] + 1] if equals else None
        if child.type.endswith("declaration"):  # C#: variable_declaration
            return _value(child)
    return None


def _object(value: Node | None) -> Node | None:
    """ECMAScript: the object that a constant holds, whose members are used by their names."""
    while value is not None and value.type in {"as_expression", "satisfies_expression"}:
        value = value.named_children[0]
    return value if value is not None and value.type == "object" else None
