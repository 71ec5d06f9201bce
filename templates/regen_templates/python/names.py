"""Names of Python's modules, files, types, fields and members, each made from one IRI alone.

Why nothing here looks at all classes: see `vocabulary/names.py`. What asks the graph there (`stem`) is never kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import Environment

from regen.model.term import Iri
from regen.templating.identifiers import unique_names
from regen.templating.iris import local_name, namespace
from regen.templating.names import pascal, screaming, snake

from ..vocabulary.names import Identifier, letter_first, module_name
from ..vocabulary.names import stem as spelled_stem

# What the files import, and words of the language that start with a capital letter.
_TAKEN_BY_IMPORTS = frozenset({"Model", "Field", "Decimal", "Literal", "Annotated", "TYPE_CHECKING", "StrEnum"})
_NO_TYPES = _TAKEN_BY_IMPORTS | {"None", "True", "False"}
# What annotations are written with, the field of `@id`, and methods of pydantic's models.
_NO_FIELDS = frozenset({"id", "bool", "float", "int", "list", "str", "copy", "dict", "json", "schema", "validate"}) | {
    "construct",
    "parse_obj",
    "parse_raw",
    "parse_file",
    "from_orm",
    "schema_json",
    "update_forward_refs",
}
_NO_MEMBERS = frozenset({"MRO"})  # a method of every class
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Names:
    """Names as the language takes them; terms are passed as plain texts, which are quicker to compare.

    Attributes:
        identifier: regen's filter, which knows the keywords.
        modules: `[vars] modules`, names of modules by namespace.
    """

    identifier: Identifier
    modules: Mapping[str, str]

    @classmethod
    def of(cls, environment: Environment, modules: Mapping[str, str] | None = None) -> Names:
        """The names of a template."""
        return cls(environment.filters["identifier"], modules or {})

    def module_of(self, space: str) -> str:
        """The module of a namespace: `schema_org` for https://schema.org/."""
        if space in self.modules:
            return module_name(space, self.modules, self.identifier)
        return _own_module(space, self.identifier)

    def module(self, iri: str) -> str:
        """The module of the namespace that a class is of."""
        return self.module_of(namespace(iri))

    def stem(self, iri: str) -> str:
        """The file of a class, without its ending: `audio_edition`."""
        return _own_stem(spelled_stem(iri), self.identifier)

    def type_name(self, iri: str) -> str:
        """The local name where it can be a type's name (`DVD`), else the stem in Pascal case."""
        return _own_type_name(local_name(iri), self.identifier) or self._made_type_name(iri)

    def _made_type_name(self, iri: str) -> str:
        name = pascal(self.stem(iri))
        name = name if name[:1].isalpha() else f"X{name}"
        return f"{name}_" if name in _NO_TYPES else self.identifier(name)

    def fields(self, properties: Iterable[Iri]) -> list[str]:
        """Names of the fields of one class, one for each property, in snake case."""
        names: list[str] = []
        for unique in self._unique(properties, snake):
            name = _starting(unique, "n")
            if name in _NO_FIELDS or name.startswith("model_") or name in names:
                name = f"{name}_"
            names.append(name)
        return names

    def members(self, members: Iterable[Iri]) -> list[str]:
        """Names of the members of one enumeration, in capitals."""
        names = [_starting(unique, "N") for unique in self._unique(members, screaming)]
        return [f"{name}_" if name in _NO_MEMBERS else name for name in names]

    def _unique(self, things: Iterable[Iri], style: Callable[[str], str]) -> list[str]:
        """A name for each thing; only where several want one does it need what `unique_names` does."""
        iris = list(things)
        names = [_own_name(local_name(iri), style, self.identifier) for iri in map(str, iris)]
        if len(set(names)) == len(names):
            return names
        unique = unique_names(iris, lambda text: self.identifier(style(text)))
        return [unique[iri] for iri in iris]


def _starting(name: str, letter: str) -> str:
    """A name that starts with a letter: what starts with `_` is no public name, and no field for pydantic."""
    return name if name[0].isalpha() else letter + name.lstrip("_")


@lru_cache(maxsize=1024)
def _own_module(space: str, identifier: Identifier) -> str:
    return module_name(space, {}, identifier)


@lru_cache(maxsize=16_384)
def _own_stem(spelled: str, identifier: Identifier) -> str:
    return identifier(letter_first(spelled))


@lru_cache(maxsize=16_384)
def _own_name(local: str, style: Callable[[str], str], identifier: Identifier) -> str:
    return identifier(style(local))


@lru_cache(maxsize=16_384)
def _own_type_name(local: str, identifier: Identifier) -> str | None:
    """The name of a type whose local name can be one; None where the name has to be made."""
    if not (local.isascii() and local.isalnum() and local[0].isupper()):
        return None
    return f"{local}_" if local in _NO_TYPES else identifier(local)


@lru_cache(maxsize=16_384)
def order(name: str) -> str:
    """What names are sorted by, as ruff does: constants, classes, the rest; numbers by their value."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return f"{kind}{by_value(name)}"


def by_value(text: str) -> str:
    """A text whose numbers sort by their value; those that start with 0 stay as they are."""
    return _DIGITS.sub(lambda run: run[0] if run[0][0] == "0" else run[0].rjust(24, "0"), text) + " "
