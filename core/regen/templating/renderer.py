"""Render: a template, a key and its rows become a path and a text, and the look-ups that the body made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType

from jinja2 import Template as Compiled
from jinja2 import TemplateError as JinjaError
from jinja2 import TemplateNotFound, TemplateSyntaxError
from jinja2.runtime import Context

from regen.errors import RegenError, TemplateError
from regen.model.rows import Rows
from regen.model.template import NEEDS, GraphReader, NeedsGraph, Rendered, Renderer, Template
from regen.model.term import Term
from regen.templating.environment import make_environment
from regen.templating.lines import places, trace_by
from regen.templating.modules import place_in
from regen.templating.paths import check_path
from regen.templating.tables import Needs, Table, table
from regen.templating.walk import Render, rendering

_NO_ROWS = Table()


def make_renderer(template: Template) -> Renderer:
    """Compile a template.

    Raises:
        TemplateError: with file and line.
    """
    return JinjaRenderer(template)


class JinjaRenderer:
    """A template, compiled."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._environment = make_environment(template)
        self._own: dict[int, str] = {}
        self._body = self._compiled(lambda: self._environment.get_template(template.name))
        self._to = self._little("to", template.to)
        self._when = self._condition("when", template.when)
        self._skip_if = self._condition("skip_if", template.skip_if)
        self._views = tuple(name for name, _ in template.views)
        self._asks = "when" in self._views
        self._traced: Compiled | None = None
        self._tables: dict[str, tuple[Rows, Table]] = {}

    def render(self, key: Term | None, rows: Mapping[str, Rows], graph: GraphReader | None) -> Rendered:
        """Render one key; see `regen.model.template.Renderer`."""
        tables, names = self._names(key, rows)
        with rendering(Render(graph, tables)) as render:
            try:
                if not self._wanted(names, tables):
                    return Rendered(None, b"", render.sorted_lookups())
                path = "".join(self._to.root_render_func(self._context(self._to, names)))
                text = "".join(self._body.root_render_func(self._context(self._body, names)))
                content = text.encode()
            except (NeedsGraph, MemoryError):
                raise
            except Exception as error:
                raise self._failure(error, key) from error
            lookups = render.sorted_lookups()
        return Rendered(check_path(path, self._template.place("to"), self._spoken(key)), content, lookups)

    def lines(
        self, key: Term | None, rows: Mapping[str, Rows], graph: GraphReader | None
    ) -> tuple[tuple[int, str], ...]:
        """Which template line made which output line; see `regen.model.template.Renderer`."""
        if self._traced is None:
            environment = make_environment(self._template)
            trace_by(environment)
            self._traced = self._compiled(lambda: environment.get_template(self._template.name))
        tables, names = self._names(key, rows)
        with rendering(Render(graph, tables)):
            try:
                return places(self._traced.root_render_func(self._context(self._traced, names)))
            except (NeedsGraph, MemoryError):
                raise
            except Exception as error:
                raise self._failure(error, key) from error

    def _names(self, key: Term | None, rows: Mapping[str, Rows]) -> tuple[dict[str, Table], dict[str, object]]:
        tables = {name: self._table(name, rows) for name in self._views}
        names: dict[str, object] = {**self._environment.globals, **tables}
        names["needs"] = Needs({need: self._table(NEEDS + need, rows) for need in self._template.needs})
        if key is not None:
            names["this"] = key
        return tables, names

    def _wanted(self, names: dict[str, object], tables: Mapping[str, Table]) -> bool:
        if self._asks and not tables["when"]:
            return False
        if self._when is not None and not self._holds(self._when, names):
            return False
        return self._skip_if is None or not self._holds(self._skip_if, names)

    def _holds(self, condition: Compiled, names: dict[str, object]) -> bool:
        return "".join(condition.root_render_func(self._context(condition, names))) == "1"

    def _table(self, name: str, rows: Mapping[str, Rows]) -> Table:
        """A view's table; that of a global view is made once, for its rows are the same object for every key."""
        found = rows.get(name)
        if found is None:
            return _NO_ROWS
        kept = self._tables.get(name)
        if kept is not None and kept[0] is found:
            return kept[1]
        made = table(name, found)
        self._tables[name] = (found, made)
        return made

    def _context(self, compiled: Compiled, names: dict[str, object]) -> Context:
        return compiled.environment.context_class(compiled.environment, names, compiled.name, compiled.blocks)

    def _little(self, name: str, text: str) -> Compiled:
        compiled = self._compiled(lambda: self._environment.from_string(text), name)
        self._own[id(compiled)] = name
        return compiled

    def _condition(self, name: str, text: str | None) -> Compiled | None:
        return None if text is None else self._little(name, f"{{% if {text.strip()} %}}1{{% endif %}}")

    def _compiled(self, compile_: Callable[[], Compiled], name: str | None = None) -> Compiled:
        try:
            return compile_()
        except TemplateSyntaxError as error:
            place = self._template.place(name, error.lineno) if name else f"{error.filename}:{error.lineno}"
            raise TemplateError(error.message or "the syntax is wrong", where=place) from error
        except TemplateNotFound as error:
            raise TemplateError(f"there is no file {error.name!r}", where=self._template.where) from error

    def _spoken(self, key: Term | None) -> str:
        return key.n3() if key is not None else self._template.name

    def _failure(self, error: Exception, key: Term | None) -> TemplateError:
        """The error as a person reads it, with the line of the template and the key."""
        what = error.message if isinstance(error, RegenError) else _what(error)
        return TemplateError(
            f"while rendering {self._spoken(key)}: {what}",
            where=place_in(error, self._template.modules) or self._where(error.__traceback__),
            hint=error.hint if isinstance(error, RegenError) else None,
        )

    def _where(self, traceback: TracebackType | None) -> str:
        """The innermost line of a template that a traceback goes through."""
        place = self._template.where
        while traceback is not None:
            compiled = traceback.tb_frame.f_globals.get("__jinja_template__")
            if compiled is not None:
                line = compiled.get_corresponding_lineno(traceback.tb_lineno)
                own = self._own.get(id(compiled))
                place = self._template.place(own, line) if own else f"{compiled.filename}:{line}"
            traceback = traceback.tb_next
        return place


def _what(error: Exception) -> str:
    if isinstance(error, JinjaError):
        return error.message or type(error).__name__
    if isinstance(error, RecursionError):
        return "a macro or an include calls itself without end"
    if isinstance(error, UnicodeEncodeError):
        return f"the text holds half a surrogate pair, {error.object[error.start]!r}, which is no text in UTF-8"
    return f"{type(error).__name__}: {error}"
