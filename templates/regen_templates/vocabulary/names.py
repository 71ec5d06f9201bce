"""Names of modules, files and types, each made from one IRI alone, so that a file depends on no other class.

Why so: a name that looked at all classes for clashes would make every file depend on every class. The module comes from
the namespace's own IRI, for a prefix may be renamed, and differs from file to file. Only a class that is spelled in an
unusual way asks the graph for those that it could collide with, each by its IRI; such a look-up is traced, so nothing
that asks the graph may be kept from one render to the next. Twins of another scheme come from a view that has hardly
ever a row: were the graph asked for them, every class of a namespace that ends with `#` would ask it, and only the
holder could render them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from regen.model.term import RDF_TYPE, Iri, Term
from regen.templating.iris import local_name, namespace
from regen.templating.names import camel, kebab, pascal, screaming, snake
from regen.templating.walk import GRAPH

_TYPE = Iri(RDF_TYPE)
_SCHEMES = {"https": 0, "http": 2}  # a `#` at the end comes one later, as in twins.rq
_LAST = 3
Identifier = Callable[[str], str]
Twins = Mapping[str, int]
"""Names without scheme and last sign, `//example.org/a/Person`: the place of the first class of that name, 0 to 3."""


def module_name(space: str, modules: Mapping[str, str], identifier: Identifier) -> str:
    """The name of a namespace: `schema_org` for https://schema.org/.

    Args:
        space: the namespace's IRI.
        modules: `[vars] modules`, which may give another.
        identifier: makes a name that the language takes.
    """
    named = modules.get(space)
    if named:
        return identifier(snake(str(named)))
    words = [word for word in snake(space).split("_") if word not in ("http", "https", "www", "")]
    name = "_".join(words) or "urn"
    return ("n" if name[0].isdigit() else "") + identifier(name)


def stem(iri: str) -> str:
    """The name of a class in snake case: `audio_edition`, with a checksum where a twin of its namespace comes first.

    The graph is asked only where another class could want the same name: one that is spelled otherwise (`DVD` beside
    `Dvd`).
    """
    local = local_name(iri)
    name = snake(local) or "x"
    if _has_twin(namespace(iri), local):
        name = f"{name}_{checksum(local)}"
    return name


def stem_among_schemes(iri: str, twins: Twins) -> str:
    """As `stem`, for packs whose names hold no namespace: the scheme is told apart too.

    A twin is a class of the same name in a namespace that differs by http or https, or by its last sign. https://…/
    comes first, then https://…#, http://…/ and http://…#.
    """
    name, space = stem(iri), namespace(iri)
    scheme, _, rest = space.partition(":")
    if twins and scheme in _SCHEMES:
        hashed = space.endswith("#")
        if _SCHEMES[scheme] + hashed > twins.get(f"{rest.rstrip('#/')}/{local_name(iri)}", _LAST):
            return f"{name}_{scheme}{'_hash' if hashed else ''}"
    return name


def twins_of(rows: Iterable[Sequence[Term | None]]) -> Twins:
    """The twins that rows (name, place of the first) of twins.rq tell of."""
    return {str(name): int(str(first)) for name, first in rows}


def letter_first(name: str) -> str:
    """A name that starts with a letter."""
    return name if name[0].isalpha() else f"x_{name}"


@lru_cache(maxsize=4096)
def checksum(text: str) -> str:
    """Eight digits that stand for a text."""
    total = 7
    for byte in text.encode():
        total = (total * 257 + byte) % 4294967291
    return f"{total:08x}"


@lru_cache(maxsize=65_536)
def _spellings(local: str) -> tuple[str, ...]:
    """Other ways to spell a local name that give the same one in snake case, and come before it."""
    if pascal(local) == local:
        return ()
    others = [pascal(local), camel(local), snake(local), kebab(local), screaming(local)]
    return tuple(others[: others.index(local)] if local in others else others)


def _has_twin(space: str, local: str) -> bool:
    return any(GRAPH.exists(Iri(space + other), _TYPE) for other in _spellings(local))
