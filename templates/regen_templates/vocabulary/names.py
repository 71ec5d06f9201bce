"""Names of modules, files and types, each made from one IRI alone, so that a file depends on no other class.

Why so: a name that looked at all classes for clashes would make every file depend on every class. The module comes from
the namespace's own IRI, for a prefix may be renamed, and differs from file to file. Only a class that is spelled in an
unusual way asks the graph for those that it could collide with, each by its IRI; such a look-up is traced, so nothing
that asks the graph may be kept from one render to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from regen.model.term import RDF_TYPE, Iri
from regen.templating.iris import local_name, namespace
from regen.templating.names import camel, kebab, pascal, screaming, snake
from regen.templating.walk import GRAPH

_TYPE = Iri(RDF_TYPE)
Identifier = Callable[[str], str]


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


def stem_among_schemes(iri: str) -> str:
    """As `stem`, for packs whose names hold no namespace: the scheme is told apart too.

    A twin may stand in a namespace that differs by http or https, or by its last sign. https://…/ comes first and asks
    for none of these.
    """
    name, space, local = stem(iri), namespace(iri), local_name(iri)
    if space.startswith("http") and not (space.startswith("https:") and space.endswith("/")):
        scheme, _, rest = space.partition(":")
        rest = rest.rstrip("#/")
        for other in (f"https:{rest}/", f"https:{rest}#", f"http:{rest}/"):
            if other == space:
                break
            if GRAPH.exists(Iri(other + local), _TYPE):
                return f"{name}_{scheme}{'_hash' if space.endswith('#') else ''}"
    return name


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
