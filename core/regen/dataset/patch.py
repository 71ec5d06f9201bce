"""RDF Patch: a delta becomes rows that any store with that format can take in, and rows become a delta.

Source: https://jena.apache.org/documentation/rdf-patch and https://afs.github.io/rdf-patch/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

import pyoxigraph as ox

from regen.dataset.terms import to_term
from regen.errors import GraphError
from regen.model.delta import Delta, Quad
from regen.model.n3 import parse_term
from regen.model.term import Iri, Literal, Term

_ROW = re.compile(r"\s*([A-Z]+)\s*(.*)$")
_END = re.compile(r"(.*?)\s*\.\s*(?:#.*)?$")
_PREFIX = re.compile(r'(?:"([^"]*)"|([\w.-]*):?)(?:\s+(?:"([^"]*)"|<([^>]*)>))?(?:\s+(?:<[^>]*>|_:\S+))?$')
_BLANK_AS_IRI = re.compile(r'("(?:[^"\\]|\\.)*")|<(_:[^>]*)>')


@dataclass(frozen=True, slots=True)
class Patch:
    """What a patch says.

    Attributes:
        delta: its net effect; `graph` is None for triples of the default graph.
        header: (name, term) pairs, such as ("id", <uuid:…>), in their order.
        prefixes: prefix to namespace, of those that it adds and does not take away again.
        dropped: prefixes that it takes away, sorted.
    """

    delta: Delta
    header: tuple[tuple[str, Term], ...] = ()
    prefixes: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()


def write_patch(patch: Patch) -> str:
    """The rows of a patch: one transaction, prefixes first, what is deleted before what is added, each sorted."""
    rows = [f"H {name} {term.n3()} ." for name, term in patch.header]
    rows.append("TX .")
    rows += [f"PD {Literal(prefix).n3()} ." for prefix in sorted(patch.dropped)]
    rows += [f"PA {Literal(name).n3()} {Literal(iri).n3()} ." for name, iri in sorted(patch.prefixes.items())]
    rows += [f"D {line}" for line in _sorted(patch.delta.removed)]
    rows += [f"A {line}" for line in _sorted(patch.delta.added)]
    rows.append("TC .")
    return "".join(f"{row}\n" for row in rows)


def read_patch(text: str, where: str) -> Patch:
    """The net effect of a patch: of a quad that several rows speak of, the last one counts.

    Args:
        text: the rows. A transaction that is aborted counts for nothing.
        where: the file, for messages.

    Raises:
        GraphError: with the line.
    """
    reader = _Reader()
    number = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                reader.row(line)
            except (ValueError, SyntaxError) as error:
                raise GraphError(
                    f"this is no row of an RDF Patch: {error}",
                    where=f"{where}:{number}",
                    hint='a row is H, TX, TC, TA, PA, PD, A or D, its terms as in N-Quads, and " ." at its end',
                ) from error
    if reader.saved is not None:
        raise GraphError("the last transaction is not ended", where=f"{where}:{number}", hint="add a row `TC .`")
    state = reader.state
    delta = Delta(
        frozenset(quad for quad, added in state.quads.items() if added),
        frozenset(quad for quad, added in state.quads.items() if not added),
    )
    prefixes = {name: iri for name, iri in state.prefixes.items() if iri is not None}
    dropped = tuple(sorted(name for name, iri in state.prefixes.items() if iri is None))
    return Patch(delta, tuple(reader.header), prefixes, dropped)


@dataclass(slots=True)
class _State:
    quads: dict[Quad, bool] = field(default_factory=dict)
    prefixes: dict[str, str | None] = field(default_factory=dict)


class _Reader:
    """Takes rows in one by one; `saved` is the state at the start of the open transaction."""

    def __init__(self) -> None:
        self.state = _State()
        self.saved: _State | None = None
        self.header: list[tuple[str, Term]] = []

    def row(self, line: str) -> None:
        """Take one row in; raises ValueError or SyntaxError."""
        match = _ROW.match(line.rstrip("\r"))
        if match is None:
            raise ValueError(line.strip()[:60])
        operation, rest = match[1], match[2]
        match operation:
            case "A" | "D":
                self.state.quads[_quad(rest)] = operation == "A"
            case "PA" | "PD":
                self._prefix(operation, _before_the_dot(rest))
            case "H":
                name, _, value = _before_the_dot(rest).partition(" ")
                self.header.append((name, parse_term(value.strip())))
            case "TX" | "TC" | "TA":
                if _before_the_dot(rest):
                    raise ValueError(f"{operation} stands alone")
                self._transaction(operation)
            case _:
                raise ValueError(f"there is no operation {operation}")

    def _transaction(self, operation: str) -> None:
        if (operation == "TX") != (self.saved is None):
            raise ValueError("a transaction is open already" if operation == "TX" else "no transaction is open")
        if operation == "TX":
            self.saved = _State(dict(self.state.quads), dict(self.state.prefixes))
            return
        if operation == "TA" and self.saved is not None:
            self.state = self.saved
        self.saved = None

    def _prefix(self, operation: str, rest: str) -> None:
        match = _PREFIX.match(rest)
        if match is None:
            raise ValueError(f"a prefix should stand here: {rest}")
        name = match[1] if match[1] is not None else match[2]
        iri = match[3] if match[3] is not None else match[4]
        if operation == "PA" and iri is None:
            raise ValueError(f"the prefix {name!r} has no namespace")
        self.state.prefixes[name] = iri if operation == "PA" else None


def _before_the_dot(rest: str) -> str:
    match = _END.match(rest)
    if match is None:
        raise ValueError("there is no dot at its end")
    return match[1]


def _quad(rest: str) -> Quad:
    try:
        found = _parsed(rest)
    except SyntaxError:
        if "<_:" not in rest:
            raise
        found = _parsed(_BLANK_AS_IRI.sub(lambda match: match[1] or match[2], rest))
    if len(found) != 1:
        raise ValueError(f"one triple or quad should stand here, not {len(found)}")
    quad = found[0]
    graph = None if isinstance(quad.graph_name, ox.DefaultGraph) else to_term(quad.graph_name)
    return Quad(to_term(quad.subject), Iri(quad.predicate.value), to_term(quad.object), graph)


def _parsed(rest: str) -> list[ox.Quad]:
    # N-Quads gives quads, but the type of `parse` covers formats of triples, too.
    return cast("list[ox.Quad]", list(ox.parse(rest, ox.RdfFormat.N_QUADS)))


def _sorted(quads: Iterable[Quad]) -> list[str]:
    return [quad.n3() for quad in sorted(quads, key=lambda quad: quad.sort_key)]
