"""Filters: what the bodies of this pack can use, beside what regen brings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import Environment, pass_environment

from regen.model.term import Iri, Term
from regen.templating.iris import local_name, namespace
from regen.templating.names import sentence

from ..vocabulary.names import twins_of
from .fields import Struct, struct
from .members import Variant, variants
from .names import Crate
from .prose import doc

Row = tuple[Term | None, ...]
Modules = Mapping[str, str]


@pass_environment
def _crate(environment: Environment, twins: Iterable[Row], modules: Modules) -> Crate:
    """Names things, by rows of `twins.rq`; none are needed where only modules are named."""
    named = tuple((str(space), str(name)) for space, name in modules.items()) if modules else ()
    return Crate(named, environment.filters["identifier"], twins_of(twins))


def _source_file(iri: Term, crate: Crate) -> str:
    """The file of a class in `src/`: `schema_org/person.rs`."""
    return f"{crate.module(namespace(str(iri)))}/{crate.file(str(iri))}.rs"


def _module(space: Term, crate: Crate) -> str:
    """The module of a namespace."""
    return crate.module(str(space))


def _modules(rows: Iterable[Row], crate: Crate) -> list[str]:
    """The modules of rows (namespace), sorted, each once."""
    return sorted({crate.module(str(space)) for (space,) in rows})


def _exports(rows: Iterable[Row], crate: Crate) -> list[tuple[str, str]]:
    """(module, type) of the classes of rows (this, namespace, class), by module."""
    return sorted({crate.file(iri): crate.type_name(iri) for iri in (str(row[2]) for row in rows)}.items())


def _type_name(iri: Term, crate: Crate) -> str:
    """The type of a class."""
    return crate.type_name(str(iri))


def _seen_from(iri: Term, home: Term, crate: Crate) -> str:
    """The type of a class, with the way to it from the file of another one."""
    return crate.seen_from(str(home), str(iri))


def _struct(fields: Iterable[Row], mixed: Iterable[Row], this: Term, crate: Crate, unbounded: str) -> Struct:
    """The struct of a class, from rows of `fields.rq` and `mixed.rq`."""
    return struct(fields, mixed, str(this), crate, one=unbounded == "one")


def _variants(members: Iterable[Row], notes: Iterable[Row], crate: Crate) -> list[Variant]:
    """The variants of an enumeration, from rows (this, member) and (this, member, comment)."""
    return variants(members, notes, crate)


def _about_struct(rows: Iterable[Row], this: Term, deprecated: Iterable[Row]) -> str:
    """The doc comment of a struct, from rows (this, comment) and (this, deprecated, successor)."""
    local = local_name(str(this))
    article = "An" if local[0].lower() in "aeiou" else "A"
    ends = list(deprecated)
    successors = tuple(str(row[2]) for row in ends if isinstance(row[2], Iri))
    return doc(_joined(rows) or f"{article} {sentence(local)}.", 100, successors, bool(ends))


def _about_enum(rows: Iterable[Row], this: Term) -> str:
    """The doc comment of an enum, from rows (this, comment)."""
    return doc(_joined(rows) or f"The values of {sentence(local_name(str(this)))}.", 100)


def _joined(rows: Iterable[Row]) -> str:
    return "\n\n".join(str(comment) for _, comment in rows)


FILTERS: dict[str, Callable[..., Any]] = {
    "about_enum": _about_enum,
    "about_struct": _about_struct,
    "crate": _crate,
    "exports": _exports,
    "module": _module,
    "modules": _modules,
    "seen_from": _seen_from,
    "source_file": _source_file,
    "struct": _struct,
    "type_name": _type_name,
    "variants": _variants,
}
