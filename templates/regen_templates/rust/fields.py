"""Fields: the rows of a class become the fields of its struct, and the enums for what has several types.

Why named tuples: a body takes them apart in its `for`, and asks for no attribute of each field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from regen.model.term import Iri, Term
from regen.templating.iris import local_name
from regen.templating.literals import rs_literal
from regen.templating.names import sentence

from ..vocabulary.facts import Property, properties
from .names import Crate, field_name, field_names, type_name_parts
from .prose import doc
from .types import Classes, Variants, unboxed

Row = tuple[Term | None, ...]

_LINE = 100  # rustfmt's `max_width`
_ATTRIBUTE = 70  # rustfmt's `attr_fn_like_width`


class Field(NamedTuple):
    """A field, each part as it stands behind four spaces; `attribute` is empty where serde needs to be told nothing."""

    comment: str
    attribute: str
    declaration: str


class Choice(NamedTuple):
    """An untagged enum for a property that has values of several types.

    Attributes:
        name: the type.
        of: the local name of the property.
        variants: as they stand behind four spaces.
        default: the variant that the struct's default needs; None where it needs none.
    """

    name: str
    of: str
    variants: tuple[str, ...]
    default: str | None


@dataclass(frozen=True, slots=True)
class Struct:
    """What a file of a struct holds beside its head."""

    name: str
    fields: tuple[Field, ...]
    choices: tuple[Choice, ...]


def struct(fields: Iterable[Row], mixed: Iterable[Row], this: str, crate: Crate, *, one: bool) -> Struct:
    """The struct of a class.

    Args:
        fields: rows of `fields.rq`, in their order: (this, property, fact, value, kind).
        mixed: rows of `mixed.rq`: (this, owner, property, fact, value, kind).
        this: the class.
        crate: names things.
        one: whether a property without an upper bound has one value.
    """
    kinds: dict[str, str] = {}
    found = properties(_facts(fields, mixed, kinds), one=one)
    classes = Classes(crate, this, kinds)
    name = crate.type_name(this)
    names = field_names((p.iri for p in found), crate.identifier)
    spoken = type_name_parts(names, (p.iri for p in found), crate.identifier)
    made: list[Field] = []
    choices: list[Choice] = []
    for p in found:
        if p.most == 0:
            continue
        variants, iri = classes.variants(_ranges(p)), str(p.iri)
        if len(variants) == 1:
            (type_,) = variants.values()
        else:
            type_ = name + spoken(iri).strip("_")
            choices.append(_choice(type_, p, variants))
        made.append(_field(p, names[iri], type_, crate))
    return Struct(name, tuple(made), tuple(choices))


def _facts(fields: Iterable[Row], mixed: Iterable[Row], kinds: dict[str, str]) -> Iterator[Row]:
    """(property, fact, value), what the class itself brings first; `kinds` gets the classes among the ranges."""
    for *_, property_, fact, value, kind in chain(fields, mixed):
        if kind is not None and str(kind) != "datatype":
            kinds[str(value)] = str(kind)
        yield property_, fact, value


def _ranges(p: Property) -> Iterable[str]:
    return dict.fromkeys(str(term) for term in p.ranges if isinstance(term, Iri))


def _field(p: Property, name: str, type_: str, crate: Crate) -> Field:
    """A field as rustfmt sets it."""
    called = field_name(name, str(p.iri), crate.identifier)
    arguments = []
    if called.renamed != p.key or not called.renamed.isascii() or called.name.endswith("_"):
        arguments.append(f"rename = {rs_literal(p.key)}")
    if p.many:
        type_ = f"Vec<{unboxed(type_)}>"
        if not p.required:
            arguments += ["default", 'skip_serializing_if = "Vec::is_empty"']
    elif not p.required:
        type_ = f"Option<{type_}>"
        arguments.append('skip_serializing_if = "Option::is_none"')
    line = f"{called.name}: {type_}"
    if len(f"    pub {line},") > _LINE:
        line = f"{called.name}:\n        {type_}"
    return Field(_comment(p), _attribute(arguments), line)


def _comment(p: Property) -> str:
    text = "\n\n".join(p.texts("about")) or f"{sentence(p.local).capitalize()}."
    if p.choices:
        choices = [local_name(str(term)) if isinstance(term, Iri) else str(term) for term in p.choices]
        text += f"\n\nAllowed: {', '.join(dict.fromkeys(f'`{choice}`' for choice in choices))}."
    return doc(text, 96, tuple(map(str, p.given.get("successor", ()))), "deprecated" in p.given)


def _attribute(arguments: list[str]) -> str:
    if not arguments:
        return ""
    line = ", ".join(arguments)
    if len(line) > _ATTRIBUTE:
        line = "\n        " + ",\n        ".join(arguments) + "\n    "
    return f"#[serde({line})]"


def _choice(name: str, p: Property, variants: Variants) -> Choice:
    default = list(variants)[-1] if p.required and not p.many else None
    return Choice(name, p.local, tuple(_variant(*item) for item in variants.items()), default)


def _variant(name: str, type_: str) -> str:
    line = f"{name}({type_}),"
    return line if len(f"    {line}") <= _LINE else f"{name}(\n        {type_},\n    ),"
