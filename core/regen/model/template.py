"""Templates as values: front matter and body, and what rendering one key gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from regen.model.artifact import Lookup
from regen.model.rows import Rows
from regen.model.term import Term


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
    """

    place: str
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A template, parsed and checked, not yet compiled; it pickles, so that workers can compile it.

    Attributes:
        name: stable identity, such as "python/model.py.j2" or "pack:python/model.py.j2".
        where: the file, for messages.
        to: the path's own little template, relative to the environment's root.
        language: the language's name; None: found by the path's ending.
        each: whether artifacts are made per `?this` of the view "each".
        views: (name, SPARQL text), "each" first where there is one, else sorted by name.
        body: the Jinja text.
        body_line: line of the file on which the body starts, from 1.
        engine: which renderer; "jinja" unless the front matter says otherwise.
        sources: the template's own file first, then what it can reach by include, import, extends; sorted.
        settings: (name, value as JSON) of the configuration's `[vars]`, sorted.
        sandboxed: True for packs from elsewhere.
        when, skip_if: expressions over the views; None where not set.
        unless_exists, force, inject, shape: as in ggen; `shape` names a SHACL shape whose targets are the keys.
        needs: templates whose outputs this one reads.
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
    settings: tuple[tuple[str, str], ...] = ()
    sandboxed: bool = False
    when: str | None = None
    skip_if: str | None = None
    unless_exists: bool = False
    force: bool = False
    inject: Inject | None = None
    shape: str | None = None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """What rendering one key gave.

    Attributes:
        path: from `to:`, checked to stay inside the root, with forward slashes; None: `when` or `skip_if` said no.
        content: the text as UTF-8, before formatting.
        lookups: what the body asked the graph, sorted, without repeats.
        lines: (first line of the output, line of the template file) pairs, ascending.
    """

    path: str | None
    content: bytes
    lookups: tuple[Lookup, ...] = ()
    lines: tuple[tuple[int, int], ...] = ()


class GraphReader(Protocol):
    """Reads the dataset for a body; every call is traced by the one who makes the reader."""

    def match(self, pattern: Lookup) -> Iterator[tuple[Term, Term, Term]]:
        """Triples that match, sorted."""


class Renderer(Protocol):
    """A compiled template."""

    def render(self, key: Term | None, rows: Mapping[str, Rows], graph: GraphReader | None) -> Rendered:
        """Render one key.

        Args:
            key: the value of `?this`; None for a template without `each`.
            rows: for each view its rows, already those of this key where the view has `?this`.
            graph: None in a worker process, which has no graph.

        Raises:
            TemplateError: with file, line and key.
            NeedsGraph: the body walks the graph and `graph` is None; the holder renders it then.
        """


class NeedsGraph(Exception):  # noqa: N818 - not an error: a request to render elsewhere
    """A body asked the graph in a process that has none."""
