"""Names: IRIs of classes become modules, files and types; names of properties become keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from regen.templating.identifiers import identifier
from regen.templating.iris import local_name, namespace
from regen.templating.literals import ts_literal
from regen.templating.names import camel, pascal

from ..vocabulary.names import Identifier, letter_first, module_name, stem

_TAKEN_TYPES = frozenset({"z"})  # what every file imports
_TAKEN_ENDING = "Schema"  # `PersonSchema` stands beside `Person`
_TAKEN_FILES = frozenset({"index"})


@dataclass(frozen=True, slots=True)
class Names:
    """Names of the classes of one project.

    Attributes:
        identifier: makes a name that TypeScript takes.
        modules: `[vars] modules`: names of modules by namespace.
    """

    identifier: Identifier
    modules: Mapping[str, str]

    def module(self, space: str) -> str:
        """The folder of a namespace: `schema_org`."""
        return _module(space, self.modules.get(space) or "", self.identifier)

    def module_of(self, iri: str) -> str:
        """The folder of the namespace that a class is in."""
        return self.module(namespace(iri))

    def alias(self, module: str) -> str:
        """What a module is called where it is imported: `schemaOrg`."""
        return self.identifier(camel(module))

    def file(self, iri: str) -> str:
        """The name of a class's file without its ending: `audio_edition`; it may ask the graph."""
        name = self.identifier(letter_first(stem(iri)))
        return f"{name}_" if name in _TAKEN_FILES else name

    def type(self, iri: str) -> str:
        """The name of a class's type; it may ask the graph for a class that is spelled in an unusual way."""
        local = local_name(iri)
        if not _is_type(local):
            local = pascal(self.file(iri))
            local = local if local[:1].isalpha() else f"X{local}"
        return _free(local, self.identifier)


@lru_cache(maxsize=16_384)
def key(name: str) -> str:
    """A key of an object, quoted where it has to be."""
    return name if identifier(name, None) == name else ts_literal(name)


def member(name: str) -> str:
    """A member of an interface. Grammars that editors use read a bare `abstract` as the modifier."""
    return '["abstract"]' if name == "abstract" else key(name)


@lru_cache(maxsize=4096)
def _module(space: str, named: str, identifier: Identifier) -> str:
    return module_name(space, {space: named}, identifier)


@lru_cache(maxsize=16_384)
def _is_type(local: str) -> bool:
    return local.isascii() and local.isalnum() and local[0].isupper()


@lru_cache(maxsize=16_384)
def _free(type_: str, identifier: Identifier) -> str:
    return f"{type_}_" if type_ in _TAKEN_TYPES or type_.endswith(_TAKEN_ENDING) else identifier(type_)
