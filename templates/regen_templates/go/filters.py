"""Filters of this pack: rows of its views become names, documentation, fields and constants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jinja2 import Environment, pass_environment

from regen.model.term import Term
from regen.templating.iris import local_name
from regen.templating.names import sentence

from ..vocabulary.facts import Rows, properties
from .comments import deprecation, documentation
from .constants import Constant, constants
from .fields import Field, fields
from .names import Types, homes, types_of


@pass_environment
def _types(
    environment: Environment, ontologies: Rows, home: str | Iterable[str], modules: Mapping[str, str], twins: Rows
) -> Types:
    """Names of the package's types: `types.name(this)`, `types.file(this)`.

    Args:
        environment: of the template.
        ontologies: a row for each that the graph declares.
        home: `[vars] home`; empty where the graph says it.
        modules: `[vars] modules`.
        twins: rows of twins.rq.
    """
    named = tuple(sorted(modules.items()))
    return types_of(homes(home, ontologies), named, tuple(twins), environment.filters["identifier"])


def _class_doc(about: Rows, this: Term, name: str, deprecated: Rows) -> str:
    """The documentation of a struct; `about` and `deprecated` give a comment and a successor in their last column."""
    local = local_name(str(this))
    article = "an" if local[0].lower() in "aeiou" else "a"
    text = "\n\n".join([str(row[-1]) for row in about]) or f"{article} {sentence(local)}."
    if deprecated:
        text += "\n\n" + deprecation(row[-1] for row in deprecated)
    return documentation(name, text)


def _values_doc(about: Rows, this: Term, name: str) -> str:
    """The documentation of an enumeration; `about` gives a comment in its last column."""
    text = "\n\n".join([str(row[-1]) for row in about])
    return documentation(name, text or f"the values of {sentence(local_name(str(this)))}.")


def _struct_fields(own: Rows, mixed: Rows, types: Types, base: str, unbounded: str) -> list[Field]:
    """The fields of a struct.

    Args:
        own: (class, property, fact, value, whether the value is a type of the package).
        mixed: (class, owner, property, fact, value, whether the value is a type of the package).
        types: names of types.
        base: the embedded type; empty where there is none.
        unbounded: `[vars] unbounded`: "one" where a property without an upper bound has one value.
    """
    rows = [(property_, fact, value, is_type) for _, property_, fact, value, is_type in own]
    rows += [(property_, fact, value, is_type) for _, _, property_, fact, value, is_type in mixed]
    ranges = {str(value) for _, _, value, is_type in rows if is_type is not None and str(is_type) == "true"}
    return fields(properties([row[:3] for row in rows], one=unbounded == "one"), types, ranges, base)


def _constants(members: Rows, notes: Rows, name: str, types: Types) -> list[Constant]:
    """The constants of an enumeration: members in the last column; member and comment in those of `notes`."""
    return constants([row[-1] for row in members], [(row[-2], row[-1]) for row in notes], name, types.identifier)


def _needs_time(found: Iterable[Field]) -> bool:
    """Whether a field holds a type of package time."""
    return any("time.Time" in line for _, line in found)


FILTERS = {
    "package_types": _types,
    "class_doc": _class_doc,
    "values_doc": _values_doc,
    "struct_fields": _struct_fields,
    "constants": _constants,
    "needs_time": _needs_time,
}
