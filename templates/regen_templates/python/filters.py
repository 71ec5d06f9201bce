"""Filters: what the bodies of this pack print with."""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import Environment, pass_environment

from regen.model.term import Term

from ..vocabulary.facts import Rows
from .enums import member_lines
from .imports import import_line
from .models import Model, model_of
from .names import Names, order
from .texts import described_class


@pass_environment
def _module(environment: Environment, class_: Term, modules: Mapping[str, str]) -> str:
    return Names.of(environment, modules).module(str(class_))


@pass_environment
def _stem(environment: Environment, class_: Term) -> str:
    return Names.of(environment).stem(str(class_))


@pass_environment
def _type_name(environment: Environment, class_: Term) -> str:
    return Names.of(environment).type_name(str(class_))


@pass_environment
def _model(  # each `[vars]` by itself: a body that passes all of them depends on all of them
    environment: Environment,
    class_: Term,
    superclasses: Rows,
    fields: Rows,
    known: Rows,
    modules: Mapping[str, str],
    unbounded: str,
) -> Model:
    return model_of(class_, superclasses, fields, known, Names.of(environment, modules), one=unbounded == "one")


@pass_environment
def _members(environment: Environment, members: Rows, notes: Rows) -> list[str]:
    return member_lines(members, notes, Names.of(environment))


@pass_environment
def _class_imports(environment: Environment, classes: Rows) -> list[str]:
    """An import of each class of a package, from its own file; rows (namespace, class)."""
    names = Names.of(environment)
    found = sorted((order(stem := names.stem(iri)), stem, names.type_name(iri)) for iri in _second(classes))
    return [import_line(f".{stem}", name) for _, stem, name in found]


@pass_environment
def _class_names(environment: Environment, classes: Rows) -> list[str]:
    """Names of the classes of a package; rows (namespace, class)."""
    names = Names.of(environment)
    return sorted([names.type_name(iri) for iri in _second(classes)], key=lambda name: (order(name), name))


@pass_environment
def _modules(environment: Environment, spaces: Rows, modules: Mapping[str, str]) -> list[str]:
    """Names of the modules of namespaces, each once; rows (namespace,)."""
    names = Names.of(environment, modules)
    return sorted({names.module_of(str(space)) for (space,) in spaces}, key=lambda name: (order(name), name))


def _second(rows: Rows) -> list[str]:
    return [str(second) for _, second in rows]


FILTERS = {
    "module": _module,
    "modules": _modules,
    "stem": _stem,
    "type_name": _type_name,
    "model": _model,
    "members": _members,
    "described": described_class,
    "class_imports": _class_imports,
    "class_names": _class_names,
}
