"""Pages: a class or an enumeration becomes the place of its page, and the links that lead there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from regen.model.term import Term
from regen.templating.identifiers import identifier
from regen.templating.iris import local_name, namespace
from regen.templating.names import pascal

from ..vocabulary.names import letter_first, module_name, stem
from .texts import escaped

Rows = Iterable[tuple[Term | None, ...]]
Modules = tuple[tuple[str, str], ...]


@lru_cache(maxsize=65_536)
def plain(text: str) -> str:
    """A name of letters, digits and `_`; Markdown and Mermaid have no words that are no names."""
    return identifier(text, None)


def file_name(iri: str) -> str:
    """The name of a page's file without its ending: `audio_edition`."""
    return _usual_name(iri) or _file_name(iri)


@lru_cache(maxsize=65_536)
def _usual_name(iri: str) -> str | None:
    """The name of the file of a class that is spelled in Pascal case, for which `stem` asks no graph; None for others.

    Why others are not kept: their look-ups are written down for the render that is going on.
    """
    local = local_name(iri)
    return _file_name(iri) if pascal(local) == local else None


def _file_name(iri: str) -> str:
    return plain(letter_first(stem(iri)))


@dataclass(frozen=True, slots=True)
class Page:
    """A page: what it is about, the folder in which it stands, and the settings that name folders.

    It is made for one render, and keeps the links of that render.
    """

    iri: str
    module: str
    modules: Modules
    _links: dict[str, str] = field(default_factory=dict, init=False, compare=False, repr=False)

    def module_of(self, iri: str) -> str:
        """The folder of another page."""
        return _module(namespace(iri), self.modules)

    def link(self, iri: str) -> str:
        """A link to another page."""
        link = self._links.get(iri)
        if link is None:
            module = self.module_of(iri)
            folder = "" if module == self.module else f"../{module}/"
            link = self._links[iri] = f"[{escaped(local_name(iri))}]({folder}{file_name(iri)}.md)"
        return link


@dataclass(frozen=True, slots=True)
class Space:
    """A namespace: its IRI, the name of its folder, and links to its pages."""

    iri: str
    module: str
    links: tuple[str, ...]


def page(this: Term, modules: Mapping[str, str]) -> Page:
    """The page of a class.

    Args:
        this: the class.
        modules: names of folders by namespace, `[vars] modules`.
    """
    iri, named = str(this), _settings(modules)
    return Page(iri, _module(namespace(iri), named), named)


def path(this: Term, modules: Mapping[str, str]) -> str:
    """Where the page of a class stands: `schema_org/person`."""
    iri = str(this)
    return f"{_module(namespace(iri), _settings(modules))}/{file_name(iri)}"


def links(rows: Rows, here: Page) -> str:
    """Links to the classes in the last column."""
    return ", ".join([here.link(str(row[-1])) for row in rows])


def spaces(rows: Rows, modules: Mapping[str, str]) -> list[Space]:
    """The namespaces of the classes in the last column, each with links from the page of all pages."""
    found: dict[str, list[str]] = {}
    for row in rows:
        iri = str(row[-1])
        found.setdefault(namespace(iri), []).append(iri)
    named = _settings(modules)
    return [_space(iri, _module(iri, named), found[iri]) for iri in sorted(found, key=str.lower)]


def _space(iri: str, module: str, classes: list[str]) -> Space:
    found = [f"[{escaped(local_name(each))}]({module}/{file_name(each)}.md)" for each in classes]
    return Space(iri, module, tuple(found))


def _settings(modules: Mapping[str, str]) -> Modules:
    return tuple(modules.items()) if modules else ()


@lru_cache(maxsize=4096)
def _module(space: str, modules: Modules) -> str:
    return module_name(space, dict(modules), plain)
