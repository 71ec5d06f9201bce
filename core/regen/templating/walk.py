"""Walking: a body's look-ups in the graph become sorted terms, and each is written down.

Why terms know nothing of the graph: a view gives thousands of terms that no body walks from. So cells stay plain
values, the environment answers `this.value(...)` with a `Step`, and the graph of the render that is going on is found
in a context variable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from regen.errors import TemplateError
from regen.model.artifact import Lookup
from regen.model.template import GraphReader, NeedsGraph
from regen.model.term import Literal, Term
from regen.templating.tables import Table

_NO_TERM = (-1, "", "", "")


@dataclass(slots=True)
class Render:
    """What one rendering reads: the graph, the rows, and the patterns that it asked.

    Attributes:
        tables: the rows of each view.
        reads: how often rows or graph were asked; a macro file that asked nothing may be kept for the next render.
    """

    graph: GraphReader | None
    tables: Mapping[str, Table]
    lookups: set[Lookup] = field(default_factory=set)
    reads: int = 0

    def match(self, pattern: Lookup) -> Iterable[tuple[Term, Term, Term]]:
        """Triples of the graph, and a note that they were asked for; also where there are none."""
        if self.graph is None:
            raise NeedsGraph
        self.reads += 1
        self.lookups.add(pattern)
        return self.graph.match(pattern)

    def sorted_lookups(self) -> tuple[Lookup, ...]:
        """The patterns asked, in a total order."""
        if not self.lookups:
            return ()
        return tuple(sorted(self.lookups, key=_lookup_key))


def _lookup_key(lookup: Lookup) -> tuple[tuple[int, str, str, str], ...]:
    return tuple(_NO_TERM if term is None else term.sort_key for term in lookup)


_render: ContextVar[Render | None] = ContextVar("_render", default=None)


def current() -> Render | None:
    """The render that is going on in this thread; None outside of one."""
    return _render.get()


@contextmanager
def rendering(render: Render) -> Iterator[Render]:
    """Make a render the current one."""
    token = _render.set(render)
    try:
        yield render
    finally:
        _render.reset(token)


def _match(subject: object, predicate: object, object_: object) -> Iterable[tuple[Term, Term, Term]]:
    render = current()
    if render is None:
        raise TemplateError("the graph can be asked while a key is rendered, and only then")
    return render.match(Lookup(_term(subject), _term(predicate), _term(object_)))


def _term(value: object) -> Term | None:
    if value is None or isinstance(value, Term):
        return value
    raise TemplateError(
        f"the graph was asked for {value!r}, which is no term",
        hint='write a name such as `RDFS.label`, or `iri("https://…")`',
    )


def _sorted(terms: Iterable[Term]) -> list[Term]:
    return sorted(set(terms), key=lambda term: term.sort_key)


class Graph:
    """The graph as bodies see it: `graph.value(s, p)`, `graph.objects(s, p)` and so on; None stands for "any"."""

    __slots__ = ()

    def triples(
        self,
        subject: object = None,
        predicate: object = None,
        object: object = None,  # noqa: A002 - RDF's own word
    ) -> list[tuple[Term, Term, Term]]:
        """Triples that match, sorted."""
        found = set(_match(subject, predicate, object))
        return sorted(found, key=lambda triple: tuple(term.sort_key for term in triple))

    def objects(self, subject: object = None, predicate: object = None) -> list[Term]:
        """Objects of the triples that match, sorted, without repeats."""
        return _sorted(o for _, _, o in _match(subject, predicate, None))

    def subjects(self, predicate: object = None, object: object = None) -> list[Term]:  # noqa: A002
        """Subjects of the triples that match, sorted, without repeats."""
        return _sorted(s for s, _, _ in _match(None, predicate, object))

    def predicates(self, subject: object = None, object: object = None) -> list[Term]:  # noqa: A002
        """Predicates of the triples that match, sorted, without repeats."""
        return _sorted(p for _, p, _ in _match(subject, None, object))

    def value(self, subject: object, predicate: object, default: object = None, lang: str | None = None) -> object:
        """The first object; with `lang` the first in that language, else without language, else any."""
        found = self.objects(subject, predicate)
        if not found:
            return default
        if lang is not None:
            return min(found, key=lambda term: (_distance(term, lang.lower()), term.sort_key))
        return found[0]

    def exists(self, subject: object = None, predicate: object = None, object: object = None) -> bool:  # noqa: A002
        """Whether a triple matches."""
        return any(True for _ in _match(subject, predicate, object))


def _distance(term: Term, lang: str) -> int:
    language = term.language if isinstance(term, Literal) else None
    if language == lang:
        return 0
    if language is not None and language.startswith(f"{lang}-"):
        return 1
    return 2 if language is None else 3


GRAPH = Graph()


@dataclass(frozen=True, slots=True)
class Step:
    """Walks from one IRI or blank node: `this.value(RDFS.label)`."""

    term: Term

    def value(self, predicate: object, default: object = None, lang: str | None = None) -> object:
        """As `graph.value`, from this node."""
        return GRAPH.value(self.term, predicate, default, lang)

    def values(self, predicate: object) -> list[Term]:
        """Objects of this node's triples with that predicate."""
        return GRAPH.objects(self.term, predicate)

    def subjects(self, predicate: object) -> list[Term]:
        """Nodes whose triples with that predicate have this one as object."""
        return GRAPH.subjects(predicate, self.term)

    def triples(self) -> list[tuple[Term, Term, Term]]:
        """All triples of this node."""
        return GRAPH.triples(self.term)
