"""Names: IRIs become modules, files, types, fields and variants of a crate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from regen.model.term import Term
from regen.templating.identifiers import unique_names
from regen.templating.iris import local_name, namespace
from regen.templating.names import pascal, snake

from ..vocabulary.names import Identifier, Twins, checksum, letter_first, module_name, stem, stem_among_schemes

_CACHE = 65_536  # names; the properties of a vocabulary of 10,000 terms fit
_PRELUDE = frozenset({
    "Self", "String", "Option", "Vec", "Box", "Some", "None", "Ok", "Err", "Result", "Serialize", "Deserialize",
    "Default", "Clone", "Copy", "Debug", "Eq", "PartialEq", "Hash", "From", "Into", "Drop", "Fn", "Iterator", "Send",
    "Sync",
})  # fmt: skip
_ROOTS = frozenset({"lib", "main"})  # files of these names stand beside the modules
_NEVER_RAW = frozenset({"self", "Self", "super", "crate"})  # The Rust Reference, Identifiers
_OWN_FIELDS = frozenset({"id", "base"})


@dataclass(frozen=True, slots=True)
class Crate:
    """What names depend on beside the IRI.

    Attributes:
        modules: `[vars] modules`: (namespace, name) of those that have another name.
        identifier: makes a name that Rust takes.
        twins: classes that are told apart from others by their scheme.
    """

    modules: tuple[tuple[str, str], ...]
    identifier: Identifier
    twins: Twins

    def module(self, space: str) -> str:
        """The module of a namespace."""
        return _module(space, self.modules, self.identifier)

    def file(self, iri: str) -> str:
        """The module of a class: `audio_edition`."""
        return self.identifier(_ascii(self._stem(iri)))

    def type_name(self, iri: str) -> str:
        """The name of a type: the local name where it can be one (`DVD`), else in Pascal case (`X3dModel`)."""
        return _type_name(local_name(iri), self._stem(iri), self.identifier)

    def seen_from(self, home: str, iri: str) -> str:
        """Where a type stands, as seen from the file of another class."""
        if iri == home:
            return self.type_name(iri)
        module = self.module(namespace(iri))
        if module == self.module(namespace(home)):
            return f"super::{self.type_name(iri)}"
        return f"super::super::{module}::{self.type_name(iri)}"

    def _stem(self, iri: str) -> str:
        # Where modules are named, names may keep schemes apart. Not cached: it may ask the graph.
        return letter_first(stem(iri) if self.modules else stem_among_schemes(iri, self.twins))


@dataclass(frozen=True, slots=True)
class FieldName:
    """How a field is called: `name` in Rust, where a keyword may be raw, `renamed` as `rename_all` gives it to JSON."""

    name: str
    renamed: str


@lru_cache(maxsize=_CACHE)
def field_name(name: str, iri: str, identifier: Identifier) -> FieldName:
    """The name of a field.

    Args:
        name: in snake case, of its own within the struct, with a suffix where it is a keyword.
        iri: the property, which stands in for a name that has no letter.
        identifier: makes a name that Rust takes.
    """
    plain = name.rstrip("_")
    keyword = bool(plain) and identifier(plain) != plain
    if not plain:
        name = f"x_{checksum(iri)}"
    elif not keyword:
        name = plain
    if name in _OWN_FIELDS:
        name += "_"
    parts = [part[:1].upper() + part[1:] for part in (plain if keyword else name).split("_")]
    renamed = "".join(parts)
    if keyword and plain not in _NEVER_RAW:
        name = f"r#{plain}"
    return FieldName(name, renamed[:1].lower() + renamed[1:])


def field_names(properties: Iterable[Term], identifier: Identifier) -> Mapping[str, str]:
    """A name in snake case for each property, none twice."""
    return _apart(properties, lambda text: identifier(snake(text)), str.casefold)


def type_name_parts(
    fields: Mapping[str, str], properties: Iterable[Term], identifier: Identifier
) -> Callable[[str], str]:
    """What each property (by its IRI) adds to the name of a type that is made for it.

    Why `fields`, the names in snake case: where those differ also without their `_`, the ones in Pascal case do as
    well, and only those that are wanted have to be made.
    """
    compact = {name.replace("_", "").casefold() for name in fields.values()}
    if len(compact) == len(fields) and all(map(str.isascii, compact)):
        return lambda iri: identifier(pascal(local_name(iri)))
    return _apart(properties, lambda text: identifier(pascal(text)), str.casefold).__getitem__


def variant_names(members: Iterable[Term], identifier: Identifier) -> Mapping[str, str]:
    """A variant for each member of an enumeration."""
    names = _apart(members, lambda text: identifier(pascal(text)), str)
    return {iri: name if name[:1].isalpha() else "X" + name.lstrip("_") for iri, name in names.items()}


def _apart(terms: Iterable[Term], naming: Callable[[str], str], folded: Callable[[str], str]) -> Mapping[str, str]:
    """Names by IRI; those that clash are told apart.

    Why not `unique_names` at once: it sorts, and only names that clash need an order.
    """
    by_iri = {str(term): term for term in terms}
    names = {iri: naming(local_name(iri)) for iri in by_iri}
    if len(set(map(folded, names.values()))) == len(names):
        return names
    unique = unique_names(by_iri.values(), naming, ignore_case=folded is str.casefold)
    return {iri: unique[term] for iri, term in by_iri.items()}


@lru_cache(maxsize=4096)
def _module(space: str, modules: tuple[tuple[str, str], ...], identifier: Identifier) -> str:
    name = _ascii(module_name(space, dict(modules), identifier))
    return f"{name}_" if name in _ROOTS else name


@lru_cache(maxsize=_CACHE)
def _type_name(local: str, name: str, identifier: Identifier) -> str:
    twin = name.startswith(f"{snake(local)}_http")
    if local.isascii() and local.isalnum() and local[0].isupper() and not twin:
        return f"{local}_" if local in _PRELUDE else local
    made = pascal(name)
    made = made if made[:1].isalpha() else f"X{made}"
    return identifier(f"{made}_" if made in _PRELUDE else made)


@lru_cache(maxsize=_CACHE)
def _ascii(name: str) -> str:
    """Rust loads no file for a module whose name has other letters than those of ASCII: a checksum stands for them."""
    if name.isascii():
        return name
    letters = "".join(sign for sign in name if sign.isascii()).strip("_")
    return f"{letters or 'x'}_{checksum(name)}"
