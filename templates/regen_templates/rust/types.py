"""Types: the ranges of a property become the Rust type of its values, or the variants of an enum of all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from regen.model.term import XSD
from regen.templating.iris import local_name, namespace
from regen.templating.names import pascal

from .names import Crate

_XSD = {
    "boolean": "bool", "decimal": "f64", "double": "f64", "float": "f32", "integer": "i64", "long": "i64", "int": "i32",
    "short": "i16", "byte": "i8", "nonNegativeInteger": "u64", "positiveInteger": "u64", "nonPositiveInteger": "i64",
    "negativeInteger": "i64", "unsignedLong": "u64", "unsignedInt": "u32", "unsignedShort": "u16", "unsignedByte": "u8",
}  # fmt: skip
_SCHEMA = {"Boolean": "bool", "Number": "f64", "Float": "f64", "Integer": "i64"}
# What datatypes are in Rust; all others are text. `fields.rq` names them too: it selects text for all others.
SCALARS = {
    XSD: _XSD,
    "https://schema.org/": _SCHEMA,
    "http://schema.org/": _SCHEMA,
}
# Untagged variants are tried in their order: narrow before wide, text last.
_VARIANTS = {
    "bool": "Boolean", "u8": "UnsignedByte", "i8": "Byte", "u16": "UnsignedShort", "i16": "Short", "u32": "UnsignedInt",
    "i32": "Int", "u64": "Unsigned", "i64": "Integer", "f32": "Float", "f64": "Number", "String": "Text",
}  # fmt: skip

Variants = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Classes:
    """Which ranges are classes, as one struct sees them.

    Attributes:
        crate: names them.
        home: the class of the struct.
        kinds: "struct" or "enum" by the IRI of a range; a range that has neither is a datatype.
    """

    crate: Crate
    home: str
    kinds: Mapping[str, str]

    def variants(self, ranges: Iterable[str]) -> Variants:
        """The types that a value may have, each with the name of its variant, in the order in which they are tried."""
        found: dict[str, str] = {}
        scalars: set[str] = set()
        for iri in ranges:
            if iri in self.kinds:
                name = self.crate.type_name(iri)
                found[name if name not in found else name + pascal(self.crate.module(namespace(iri)))] = self._held(iri)
            else:
                scalars.add(scalar(iri))
        if not found and not scalars:
            scalars.add("String")
        for type_, name in _VARIANTS.items():
            if type_ in scalars:
                found[f"{name}Value" if name in found else name] = type_
        return found

    def _held(self, iri: str) -> str:
        """A class as a field holds it: a struct in a box, for it may hold itself."""
        path = self.crate.seen_from(self.home, iri)
        return path if self.kinds[iri] == "enum" else f"Box<{path}>"


def scalar(iri: str) -> str:
    """The Rust type of a datatype."""
    return SCALARS.get(namespace(iri), {}).get(local_name(iri), "String")


def unboxed(type_: str) -> str:
    """What a box holds; a `Vec` needs none."""
    return type_[4:-1] if type_.startswith("Box<") else type_
