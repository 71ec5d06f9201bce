"""Filters: what the bodies of this pack ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import Environment, pass_environment

from regen.model.term import Term

from ..vocabulary.facts import properties
from .comments import deprecation, described
from .enumeration import Enumeration, enumeration
from .model import Model, model
from .names import Names

Cells = Iterable[tuple[Any, ...]]
Modules = Mapping[str, str]


@pass_environment
def module(environment: Environment, space: str, modules: Modules) -> str:
    """The folder of a namespace; `modules` is `[vars] modules`."""
    return _names(environment, modules).module(str(space))


@pass_environment
def file(environment: Environment, this: str) -> str:
    """The name of the file of a class, without its ending."""
    return _names(environment, {}).file(str(this))


@pass_environment
def alias(environment: Environment, module: str) -> str:
    """What a module is called where it is imported."""
    return _names(environment, {}).alias(module)


@pass_environment
def modules(environment: Environment, spaces: Cells, named: Modules) -> list[str]:
    """The folders of namespaces, each once, in their order."""
    names = _names(environment, named)
    return sorted({names.module(str(space)) for (space,) in spaces})


@pass_environment
def class_model(
    environment: Environment,
    this: Term,
    fields: Cells,
    superclasses: Cells,
    known: Cells,
    unbounded: str,
    modules: Modules,
) -> Model:
    """What the module of a class holds, from the rows of the views of that name."""
    facts = properties(((property_, fact, value) for _, property_, fact, value in fields), one=unbounded == "one")
    classes = frozenset([str(class_) for _, class_ in known])
    parents = [str(super_) for _, super_ in superclasses]
    return model(str(this), _names(environment, modules), parents, classes, facts)


@pass_environment
def class_enumeration(environment: Environment, this: Term, members: Cells, notes: Cells) -> Enumeration:
    """What the module of an enumeration holds, from the rows of the views of that name."""
    comments = [(str(member), str(comment)) for _, member, comment in notes]
    return enumeration(str(this), _names(environment, {}), [str(member) for _, member in members], comments)


def about(this: Term, comments: Cells, deprecated: Cells = ()) -> str:
    """The comment of a class, from the rows of the views of that name."""
    rows = list(deprecated)
    successors = [str(successor) for _, _, successor in rows if successor is not None]
    return described(str(this), [str(comment) for _, comment in comments], deprecation(successors) if rows else "")


def _names(environment: Environment, modules: Modules) -> Names:
    return Names(environment.filters["identifier"], modules)


FILTERS: dict[str, Callable[..., Any]] = {
    "about": about,
    "alias": alias,
    "enumeration": class_enumeration,
    "file": file,
    "model": class_model,
    "module": module,
    "modules": modules,
}
