"""Diagram: a class and its neighbours become the statements of a Mermaid class diagram."""

from __future__ import annotations

from functools import lru_cache

from regen.templating.iris import local_name
from regen.templating.names import pascal

from ..vocabulary.names import checksum
from .pages import Page, Rows, file_name, plain
from .properties import Line


class _Nodes:
    """Names of classes in one diagram: the folder tells classes of one name apart.

    Mermaid takes ASCII as names only; others get a checksum for a name, and a label that says who it is.
    """

    def __init__(self, here: Page) -> None:
        self._here = here
        self._names: dict[str, str] = {}
        self.labels: dict[str, str] = {}

    def __call__(self, iri: str) -> str:
        """The name of a class; its label is noted where it needs one."""
        name = self._names.get(iri)
        if name is None:
            name = self._names[iri] = self._new(iri)
        return name

    def declared(self, name: str) -> str:
        """The statement that declares a class of that name."""
        label = self.labels.get(name)
        return f"class {name}" if label is None else f'class {name}["{label}"]'

    def _new(self, iri: str) -> str:
        module = self._here.module_of(iri)
        name = _usual_name(iri) or _other_name(iri)
        if module != self._here.module:
            name = pascal(module) + name
        if name.isascii():
            return name
        sign = f"N{checksum(iri)}"
        self.labels[sign] = name
        return sign


def diagram(here: Page, superclasses: Rows, subclasses: Rows, properties: list[Line]) -> list[str]:
    """The statements of the diagram of a class, itself first."""
    nodes = _Nodes(here)
    own = nodes(here.iri)
    found = [nodes.declared(own)]
    found += [f"{nodes(str(other))} <|-- {own}" for _, other in superclasses]
    found += [f"{own} <|-- {nodes(str(other))}" for _, other in subclasses]
    for each in properties:
        label = plain(each.local)
        found += [f'{own} --> "{each.how_many}" {nodes(target)} : {label}' for target in each.targets]
        if not each.targets:
            found.append(f"{own} : {label} {' or '.join(dict.fromkeys(map(plain, each.scalars))) or 'any'}")
    return found + [nodes.declared(name) for name in nodes.labels if name != own]


@lru_cache(maxsize=65_536)
def _usual_name(iri: str) -> str | None:
    """The local name where it can be a type's (`DVD`); None where it cannot."""
    local = local_name(iri)
    return local if local.isascii() and local.isalnum() and local[0].isupper() else None


def _other_name(iri: str) -> str:
    """A name in Pascal case, made from that of the file; may ask the graph, so it is not kept."""
    name = pascal(file_name(iri))
    return plain(name if name[:1].isalpha() else f"X{name}")
