"""Templates as values: front matter and body, and what rendering one key gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from regen.model.artifact import Lookup
from regen.model.language import Language
from regen.model.rows import Rows
from regen.model.term import Term

NEEDS = "needs "
"""Before a template's name: the rows that say which artifacts it has. No view can have such a name."""

OUTPUT_COLUMNS = ("key", "path")
"""Of those rows: the key, unbound for a template without `each`, and the path."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file that a template is made of: itself, or something that it includes, imports or extends.

    Attributes:
        name: what the loader knows it by, such as "python/model.py.j2".
        where: for messages, relative to the project, such as "templates/python/model.py.j2".
        text: the whole file, front matter included.
    """

    name: str
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Inject:
    """Where an injected text goes in a file that exists (ggen's `inject`).

    Attributes:
        place: "before", "after", "prepend", "append" or "at_line".
        pattern: a regular expression for "before" and "after"; the line (from 1) for "at_line"; else None.
        skip_if: nothing is injected into a file that holds this text; None: always.
    """

    place: str
    pattern: str | None = None
    skip_if: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A template, parsed and checked, not yet compiled; it pickles, so that workers can compile it.

    Attributes:
        name: stable identity, such as "python/model.py.j2" or "pack:python/model.py.j2".
        where: the file, for messages.
        to: the path's own little template, relative to the environment's root.
        language: the language's name; None: found by the path's ending.
        each: whether artifacts are made per `?this` of the view "each".
        views: (name, SPARQL text), "each" first where there is one, else sorted by name. "when" is made from a
            SPARQL `when`, "sparql_<line>" from a call of `sparql("...")` in the body.
        body: the Jinja text.
        body_line: line of the file on which the body starts, from 1.
        engine: which renderer; "jinja" unless the front matter says otherwise.
        sources: the template's own file first, then what it can reach by include, import, extends; sorted.
        modules: Python files whose filters it uses, `filters.py` first; empty where it uses none.
        settings: (name, value as JSON) of those of the configuration's `[vars]` that the template uses, sorted.
        prefixes: (prefix, namespace) of those prefixes that filters and names of the body use, sorted.
        languages: what the filters know of languages.
        sandboxed: True for packs from elsewhere.
        when: a Jinja expression over the views; no file is made where it is false. None: not set, or a SPARQL `when`.
        skip_if: a Jinja expression; no file is made where it is true. None where not set, and with `inject`.
        unless_exists, force, inject, shape: as in ggen; `shape` names a SHACL shape whose targets are the keys.
        needs: templates whose artifacts this one reads, by name.
        lines: (key of the front matter or name of a view, line of the file on which its value's text starts).
        files: (view, its query file) of those that stand in a file of their own.
        digest: of everything above but `where`, the engine's version and the plugins' versions.
    """

    name: str
    where: str
    to: str
    language: str | None
    each: bool
    views: tuple[tuple[str, str], ...]
    body: str
    body_line: int
    digest: str
    engine: str = "jinja"
    sources: tuple[Source, ...] = ()
    modules: tuple[Source, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    prefixes: tuple[tuple[str, str], ...] = ()
    languages: tuple[Language, ...] = ()
    sandboxed: bool = False
    when: str | None = None
    skip_if: str | None = None
    unless_exists: bool = False
    force: bool = False
    inject: Inject | None = None
    shape: str | None = None
    needs: tuple[str, ...] = ()
    lines: tuple[tuple[str, int], ...] = ()
    files: tuple[tuple[str, str], ...] = ()

    def place(self, name: str, line: int = 1) -> str:
        """Where the text of a key or view has its n-th line, such as "templates/model.py.j2:7"."""
        start = dict(self.lines).get(name, 1)
        return f"{dict(self.files).get(name, self.where)}:{start + line - 1}"


@dataclass(frozen=True, slots=True)
class Rendered:
    """What rendering one key gave.

    Attributes:
        path: from `to:`, checked to stay inside the root, with forward slashes; None: `when` or `skip_if` said no.
        content: the text as UTF-8, before formatting.
        lookups: what the body asked the graph, sorted, without repeats.
    """

    path: str | None
    content: bytes
    lookups: tuple[Lookup, ...] = ()


class GraphReader(Protocol):
    """Reads the dataset for a body; the renderer writes down what it asks."""

    def match(self, pattern: Lookup) -> Iterator[tuple[Term, Term, Term]]:
        """Triples that match, sorted."""


class Renderer(Protocol):
    """A compiled template."""

    def render(self, key: Term | None, rows: Mapping[str, Rows], graph: GraphReader | None) -> Rendered:
        """Render one key.

        Args:
            key: the value of `?this`; None for a template without `each`.
            rows: for each view its rows, already those of this key where the view has `?this`; and for each template
                in `needs` under `NEEDS` and its name the keys and paths of its artifacts, sorted by key.
            graph: None in a worker process, which has no graph.

        Raises:
            TemplateError: with file, line and key.
            NeedsGraph: the body walks the graph and `graph` is None; the holder renders it then.
        """

    def lines(
        self, key: Term | None, rows: Mapping[str, Rows], graph: GraphReader | None
    ) -> tuple[tuple[int, str], ...]:
        """Which template line made which output line; renders once more, so that `render` need not keep a map.

        Returns:
            (first line of the output, place such as "templates/model.py.j2:17"), ascending; each holds up to the
            next one's first line.
        """


class NeedsGraph(Exception):  # noqa: N818 - not an error: a request to render elsewhere
    """A body asked the graph in a process that has none."""
