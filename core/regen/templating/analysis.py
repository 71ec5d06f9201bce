"""Analysis: a Jinja text becomes what it reads: other files, queries, settings, prefixes, filters."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import Environment, TemplateSyntaxError, nodes

from regen.errors import TemplateError
from regen.templating.filters import FILTERS, TESTS, TOOLS

EXTENSIONS = ("jinja2.ext.do", "jinja2.ext.loopcontrols")
# Filters and names of Jinja that give another answer each time.
REFUSED = {"random": "rendering the same graph twice has to give the same bytes"}
_GRAMMAR = Environment(trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, extensions=EXTENSIONS)  # noqa: S701 - code is written, not HTML
_KNOWN_FILTERS = (_GRAMMAR.filters.keys() | FILTERS.keys() | TOOLS) - REFUSED.keys()
_KNOWN_TESTS = _GRAMMAR.tests.keys() | TESTS.keys()
_TAKES_IN = (nodes.Extends, nodes.FromImport, nodes.Import, nodes.Include)
_CALLS = frozenset({"sparql", "query"})


@dataclass(frozen=True, slots=True)
class Reference:
    """An include, import or extends.

    Attributes:
        names: files, of which the first that exists is taken; empty where the name is known at rendering only.
        optional: whether it may be missing.
    """

    names: tuple[str, ...]
    optional: bool
    line: int


@dataclass(frozen=True, slots=True)
class Reads:
    """What one Jinja text reads.

    Attributes:
        references: other files, in the order of the text.
        queries: (SPARQL text, line) of calls of `sparql("…")`.
        settings: names of `vars.NAME`; None: any of them.
        prefixes: prefixes that are named one by one; None: any of them.
        names: free names, such as `SCHEMA`.
        filters: filters that are not regen's own.
    """

    references: tuple[Reference, ...]
    queries: tuple[tuple[str, int], ...]
    settings: frozenset[str] | None
    prefixes: frozenset[str] | None
    names: frozenset[str]
    filters: frozenset[str] = frozenset()


@lru_cache(maxsize=1024)
def analyse(text: str, where: str, first_line: int = 1, filters: frozenset[str] = frozenset()) -> Reads:
    """Say what a Jinja text reads.

    Args:
        text: a body, an include, or a little template such as `to:`.
        where: the file, for messages.
        first_line: line of the file on which the text starts.
        filters: those that the templates folder brings itself.

    Raises:
        TemplateError: with file and line: the syntax is wrong, a filter is unknown, or a query is not constant.
    """
    try:
        tree = _GRAMMAR.parse(text)
    except TemplateSyntaxError as error:
        raise TemplateError(
            error.message or "the syntax is wrong",
            where=f"{where}:{first_line + error.lineno - 1}",
            hint="blocks are `{% … %}`, values `{{ … }}`, comments `{# … #}`",
        ) from error
    shift = first_line - 1
    _check_names(tree, where, shift, filters)
    loads = [node for node in tree.find_all(nodes.Name) if node.ctx == "load"]
    uses_curie = any(node.name == "curie" for node in tree.find_all(nodes.Filter))
    return Reads(
        references=tuple(
            _reference(node, shift) for kind in _TAKES_IN for node in tree.find_all(kind) if isinstance(node, _TAKES_IN)
        ),
        queries=tuple(
            _query(node, where, shift)
            for node in tree.find_all(nodes.Call)
            if isinstance(node.node, nodes.Name) and node.node.name in _CALLS
        ),
        settings=_attributes(tree, loads, "vars"),
        prefixes=None if uses_curie else _attributes(tree, loads, "prefixes"),
        names=frozenset(node.name for node in loads),
        filters=filters & {node.name for node in tree.find_all(nodes.Filter)},
    )


def _check_names(tree: nodes.Template, where: str, shift: int, filters: frozenset[str]) -> None:
    for kind, known, word in ((nodes.Filter, _KNOWN_FILTERS | filters, "filter"), (nodes.Test, _KNOWN_TESTS, "test")):
        for node in tree.find_all(kind):
            if node.name in known:
                continue
            close = difflib.get_close_matches(node.name, sorted(known), 1, 0.6)
            hint = f"did you mean `{close[0]}`?" if close else f"docs/templates.md lists every {word}"
            raise TemplateError(
                f"there is no {word} `{node.name}`",
                where=f"{where}:{node.lineno + shift}",
                hint=REFUSED.get(node.name, hint),
            )


def _reference(node: nodes.Extends | nodes.FromImport | nodes.Import | nodes.Include, shift: int) -> Reference:
    optional = isinstance(node, nodes.Include) and node.ignore_missing
    try:
        value = node.template.as_const()
    except nodes.Impossible:
        return Reference((), optional, node.lineno + shift)
    names = (value,) if isinstance(value, str) else tuple(map(str, value))
    return Reference(names, optional, node.lineno + shift)


def _query(node: nodes.Call, where: str, shift: int) -> tuple[str, int]:
    line = node.lineno + shift
    try:
        (argument,) = node.args
        text = argument.as_const()
    except (ValueError, nodes.Impossible):
        text = None
    if not isinstance(text, str) or node.kwargs or node.dyn_args or node.dyn_kwargs:
        raise TemplateError(
            "a query in a body has to be one constant text, for regen has to know beforehand what it reads",
            where=f"{where}:{line}",
            hint="name the query under `with:` and bind what varies by `?this`, or walk: `this.values(RDFS.label)`",
        )
    return text, line


def _attributes(tree: nodes.Template, loads: list[nodes.Name], name: str) -> frozenset[str] | None:
    """Names read from an object by constant attribute or item; None where it is used in another way."""
    found: set[str] = set()
    reads = 0
    steps: list[nodes.Getattr | nodes.Getitem] = [*tree.find_all(nodes.Getattr), *tree.find_all(nodes.Getitem)]
    for node in steps:
        if not isinstance(node.node, nodes.Name) or node.node.name != name:
            continue
        if isinstance(node, nodes.Getattr):
            found.add(node.attr)
        elif isinstance(node.arg, nodes.Const):
            found.add(str(node.arg.value))
        else:
            return None
        reads += 1
    return frozenset(found) if reads == sum(load.name == name for load in loads) else None
