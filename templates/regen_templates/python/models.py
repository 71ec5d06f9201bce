"""Models: the rows of a class become what its file prints: bases, fields, and imports for both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from regen.model.term import Term
from regen.templating.names import pascal

from ..vocabulary.facts import Rows, properties
from .fields import field_of
from .imports import Uses, base_import, in_order
from .layout import field_lines
from .names import Names
from .texts import described_field


@dataclass(frozen=True, slots=True)
class Model:
    """What the file of one class prints.

    Attributes:
        imports: all import statements, with an empty line between two sections.
        bases: names of the base classes.
        fields: the lines of the fields and their docstrings.
    """

    imports: str
    bases: list[str]
    fields: list[str]


@dataclass(slots=True)
class _Classes:
    """The types of ranges that are classes, and the packages that these annotations name."""

    names: Names
    known: frozenset[str]
    packages: set[str] = field(default_factory=set)

    def type_of(self, range_: str) -> str | None:
        """The annotation of a class: `_schema_org.Person`; None where the range is no class."""
        if range_ not in self.known:
            return None
        package = self.names.module(range_)
        self.packages.add(package)
        return f"_{package}.{self.names.type_name(range_)}"


def model_of(class_: Term, superclasses: Rows, fields: Rows, known: Rows, names: Names, *, one: bool) -> Model:
    """What the file of a class prints.

    Args:
        class_: its IRI.
        superclasses: rows (class, superclass).
        fields: rows (class, property, fact, value).
        known: rows (class, range that is a class).
        one: whether a property without an upper bound has one value.
    """
    bases, base_imports = _bases(str(class_), (str(super_) for _, super_ in superclasses), names)
    classes = _Classes(names, frozenset(str(range_) for _, range_ in known))
    found = properties(((property_, fact, value) for _, property_, fact, value in fields), one=one)
    uses, lines = Uses(), []
    for name, of in zip(names.fields(of.iri for of in found), found, strict=True):
        made = field_of(name, of, classes.type_of)
        uses.add(made)
        lines += field_lines(made)
        if text := described_field(of):
            lines.append(f"    {text}")
    standard, pydantic, packages = uses.sections(classes.packages)
    sections = filter(None, (standard, pydantic, base_imports, packages))
    return Model(imports="\n\n".join(map("\n".join, sections)), bases=bases, fields=lines)


def _bases(class_: str, superclasses: Iterable[str], names: Names) -> tuple[list[str], list[str]]:
    """Names of the base classes, and their imports; one of another module is renamed where its name is taken here.

    Without superclasses, `Model` is the base.
    """
    package = names.module(class_)
    taken = [names.type_name(class_)]
    imports = []
    for super_ in superclasses:
        module, name = names.module(super_), names.type_name(super_)
        beside = module == package
        alias = f"_{pascal(module)}{name}" if name in taken and not beside else name
        imports.append(base_import("" if beside else module, names.stem(super_), name, alias))
        taken.append(alias)
    return (taken[1:], in_order(imports)) if imports else (["Model"], ["from .._base import Model"])
