"""Model: the rows of a class become what the body of its module prints."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field

from regen.templating.literals import ts_literal

from ..vocabulary.facts import Property
from .fields import field_lines
from .headers import Parent, header_lines, schema_lines
from .members import member_lines
from .names import Names
from .values import Patterns, value_of


@dataclass(slots=True)
class Model:
    """What the module of a class holds.

    Attributes:
        name: of the interface.
        parents: what it extends; of what several have, the first counts.
        imports, patterns, members, fields: lines.
    """

    name: str
    parents: list[Parent] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)

    @property
    def header(self) -> list[str]:
        """The first lines of the interface."""
        return header_lines(self.name, self.parents, "{" if self.has_body else "{}")

    @property
    def has_body(self) -> bool:
        """Whether the interface has members of its own; one without parents has `@id`."""
        return bool(self.members or not self.parents)

    @property
    def schema(self) -> list[str]:
        """The constant that holds the schema."""
        return schema_lines(self.name)


class Modules:
    """Names classes as one module sees them, and notes what it has to import."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._aliases: dict[str, str] = {}

    def reference(self, iri: str) -> tuple[str, str]:
        """What the module of a class is called, and its type."""
        module = self._names.module_of(iri)
        alias = self._aliases.get(module)
        if alias is None:
            alias = self._aliases[module] = self._names.alias(module)
        return alias, self._names.type(iri)

    def imports(self, own: str) -> list[str]:
        """The statements, in the order of their first use; the one of the own namespace at last."""
        places = [(alias, f"../{module}") for module, alias in self._aliases.items() if module != own]
        places += [(self._aliases[own], ".")] if own in self._aliases else []
        return [f'import * as {alias} from "{place}/index.js";' for alias, place in places]


def model(iri: str, names: Names, superclasses: Iterable[str], known: Container[str], facts: list[Property]) -> Model:
    """Gather what the module of a class holds.

    Args:
        iri: the class.
        names: of this project.
        superclasses: IRIs.
        known: IRIs of those ranges that are classes with a file.
        facts: its properties.
    """
    modules, patterns = Modules(names), Patterns()
    made = Model(names.type(iri), _parents(superclasses, facts, modules))

    def type_of(range_: str) -> str | None:
        return ".".join(modules.reference(range_)) if range_ in known else None

    for property_ in facts:
        value = value_of(property_, type_of, patterns)
        made.members += member_lines(property_, value.types)
        made.fields += field_lines(property_, value)
    made.imports = modules.imports(names.module_of(iri))
    made.patterns = patterns.lines()
    return made


def _parents(superclasses: Iterable[str], facts: Iterable[Property], modules: Modules) -> list[Parent]:
    """What an interface extends: what several parents have comes from the first of them."""
    restated = [ts_literal(one.key) for one in facts if "inherited" in one.given]
    before: list[str] = []
    parents: list[Parent] = []
    for iri in superclasses:
        place, type_ = modules.reference(iri)
        parents.append(Parent(f"{place}.{type_}", f"{place}.shapeOf{type_}", [*before, *restated]))
        before.append(f"keyof {place}.{type_}")
    return parents
