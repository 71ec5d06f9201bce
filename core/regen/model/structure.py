"""Structure: how files of one language are built, as plugins describe it; files of such a language merge by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal as OneOf

Listed = OneOf["named", "ordered", "placed"]


@dataclass(frozen=True, slots=True)
class Declaration:
    """How one kind of node is known again on another side.

    A path leads from the node to what is meant: steps, with `/` between them, are names of fields or types of nodes;
    `|` stands between paths of which the first that leads somewhere counts; `.` is the node itself.

    Attributes:
        word: what messages call it, such as "method". "import", "package", "field", "property", "constant", "variant"
            and "statement" also say where it stands among others that were added in the same place.
        name: paths to what names it; without any there is one of its kind, or several that are told apart by what
            they hold.
        overload: path to what tells several of one name apart, such as parameters; None where a name stands once.
        repeats: whether one block may hold several of one name, such as `impl` blocks.
        ordered_unless: None where its place means nothing. Else its place has a meaning, such as a number, unless
            this path leads somewhere; two that both sides added in one place are a conflict then.
        binds: of an import, paths to the names that it binds in the file; none where they cannot be known.
    """

    word: str
    name: tuple[str, ...] = ("name",)
    overload: str | None = None
    repeats: bool = False
    ordered_unless: str | None = None
    binds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Structure:
    """How files of one language are built; names are those of the types of nodes in its tree-sitter grammar.

    Attributes:
        language: its name, as plugins register it.
        grammar: gives the grammar, as `tree_sitter.Language` takes it; called when the first file is merged.
        declarations: what has a name, with how it is known; it is merged child by child.
        blocks: what holds declarations, each by itself; the root is one, too.
        lists: what holds items with commas between them. "named": an item is known by its declaration, or by what it
            says, and its place means nothing (imported names, fields). "ordered": its place means something
            (parameters). "placed": it is known by its place alone (arguments).
        separators: of lists whose items have something else than commas between them, such as `|`.
        records: further nodes that are merged child by child, such as what stands around a declaration (`export`).
        bodies: what is merged by lines, such as blocks of statements.
        marks: annotations, attributes, modifiers: each is known by its name; one that stands before a declaration
            belongs to it.
        comments: of all kinds; regions and other lines for a preprocessor count as such.
        alone: items of lists that take no comma.
        sequence: names of fields or types in the order in which a declaration has them, where both sides may add some.
        readable: gives a source of the same length that the grammar can read, for one with known gaps; None: as it is.
    """

    language: str
    grammar: Callable[[], object]
    declarations: Mapping[str, Declaration]
    blocks: frozenset[str]
    lists: Mapping[str, Listed] = field(default_factory=dict)
    separators: Mapping[str, str] = field(default_factory=dict)
    records: frozenset[str] = frozenset()
    bodies: frozenset[str] = frozenset()
    marks: Mapping[str, str] = field(default_factory=dict)
    comments: frozenset[str] = frozenset(("comment",))
    alone: frozenset[str] = frozenset()
    sequence: tuple[str, ...] = ()
    readable: Callable[[bytes], bytes] | None = None
