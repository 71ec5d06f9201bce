"""Environment: Jinja as bodies meet it: strict, deterministic, with terms, rows and the graph.

Why `getattr` is written anew here: bodies read cells and walk from terms thousands of times in a second, and Jinja's
way wraps each miss in exceptions. A row, a term and a namespace are told apart first; a name that starts with `_` is
refused for all, so that no body reaches a clock through the insides of Python.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import BuiltinFunctionType, CodeType
from typing import Any

from jinja2 import BaseLoader, BytecodeCache, Environment, StrictUndefined, TemplateNotFound
from jinja2 import Template as Compiled
from jinja2.bccache import Bucket
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, LoopContext, Macro, Undefined
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import Namespace as JinjaNamespace
from jinja2.utils import missing

from regen.errors import TemplateError
from regen.model.template import Source, Template
from regen.model.term import Blank, Iri, Literal, Term, TripleTerm
from regen.templating.analysis import EXTENSIONS, REFUSED
from regen.templating.filters import FILTERS, TESTS, Tools
from regen.templating.modules import PACKAGE, filters_of
from regen.templating.namespaces import Namespace, Prefixes, namespaces
from regen.templating.sources import blanked, full_name
from regen.templating.tables import Needs, Row, Table
from regen.templating.values import python_value
from regen.templating.walk import GRAPH, Step, current

_PRINTABLE: frozenset[type] = frozenset({str, int, float, bool, Iri, Blank, Literal})
_WALKS = frozenset({"value", "values", "subjects", "triples"})


def finalize(value: Any) -> Any:
    """What is printed for a value: nothing for an unbound one; a function is a mistake."""
    if value is None:
        return ""
    if value.__class__ in _PRINTABLE:
        return value
    if isinstance(value, Undefined):
        return value
    if isinstance(value, set | frozenset):
        raise TemplateError("a set has no order and cannot be printed", hint="sort it first: `| sort`")
    if callable(value) and not isinstance(value, Namespace | type):
        raise TemplateError("a function is printed", hint="call it: put `(…)` behind its name")
    return value


# Why a name that the template knows may be missing; the second is for `this`.
_ABSENT = (
    "an imported macro sees its arguments only; pass it, or write `import … with context`",
    "the template has no `each`, or a macro reads it; pass it to the macro, or write `import … with context`",
)


class Settings(dict[str, Any]):
    """`vars` in a body."""


class _Undefined(StrictUndefined):
    """A name or attribute that does not exist; any use is an error that says what does."""

    __slots__ = ()
    known: frozenset[str] = frozenset()

    @property
    def _undefined_message(self) -> str:
        name, obj = self._undefined_name, self._undefined_obj
        if self._undefined_hint:
            return self._undefined_hint
        if obj is missing and name in self.known:
            return f"{name!r} is not there: {_ABSENT[name == 'this']}"
        if obj is missing:
            return f"{name!r} is undefined{_among(str(name), self.known, 'the template knows')}"
        match obj:
            case Row():
                return f"{name!r} is undefined{_among(str(name), obj._columns, f'columns of `{obj._view}` are', True)}"
            case Table():
                size = "no rows" if not obj else f"{len(obj)} rows"
                return f"{name!r} is undefined: the view has {size}; take a row first, as in `view[0].column`"
            case Literal():
                return f"{name!r} is undefined: a literal knows kind, datatype, language and value"
            case Term():
                return f"{name!r} is undefined: a term knows kind, value(p), values(p), subjects(p) and triples()"
            case Settings():
                return f"{name!r} is undefined: `[vars]` of the configuration has no such value"
            case Needs():
                return f"{name!r} is not needed: name the template under `needs` in the front matter"
            case Mapping() | Prefixes():
                return f"{name!r} is undefined{_among(str(name), obj, 'there are', True)}"
            case tuple() if hasattr(obj, "_fields"):
                return f"{name!r} is undefined{_among(str(name), obj._fields, 'there are', True)}"
            case None:
                return f"{name!r} was asked of an unbound value"
            case _:
                return f"a {type(obj).__name__} has no {name!r}"


def _among(name: str, known: Iterable[str], intro: str, listed: bool = False) -> str:
    names = list(known)
    close = difflib.get_close_matches(name, names, 1, 0.6)
    if listed and names:
        return f"; {intro} {', '.join(names)}"
    return f"; did you mean {close[0]!r}?" if close else ""


class _Compiled(Compiled):
    """A compiled template whose imported module is kept only where making it asked neither rows nor graph.

    Jinja keeps it always; a macro file that reads the graph would then stay as it was at its first import, and the
    look-up would be written down for the first artifact only.
    """

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        if self._module is not None:
            return self._module
        render = current()
        before = render.reads if render is not None else 0
        module = self.make_module()
        if render is None or render.reads == before:
            self._module = module
        return module


class _Codes(BytecodeCache):
    """Compiled code of includes and macros, kept for all templates of the process that share an environment's kind."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[(bucket.key, bucket.checksum)] = bucket.code


@lru_cache(maxsize=64)
def _codes(sandboxed: bool, digest: str, modules: tuple[Source, ...]) -> _Codes:
    return _Codes()


class _Loader(BaseLoader):
    """Gives the sources that a template was parsed with, front matter blanked out, so that lines stay right."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources = {source.name: source for source in sources}

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source = self._sources.get(template)
        if source is None:
            raise TemplateNotFound(template, f"there is no file {template!r}{_among(template, self._sources, '')}")
        return blanked(source), source.where, lambda: True


class _Bodies(Environment):
    """What trusted and sandboxed environments share."""

    template_class = _Compiled

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Read `obj.attribute` in a body."""
        if isinstance(obj, Row):
            if attribute in obj._columns:
                return getattr(obj, attribute) if attribute[0] != "_" else obj[attribute]
            return self.undefined(obj=obj, name=attribute)
        if isinstance(obj, Term):
            found = _of_term(obj, attribute)
            if found is not missing:
                return found
        elif isinstance(obj, Namespace):
            return obj.term(attribute)
        if attribute.startswith("_"):
            raise TemplateError(f"a body reads `{attribute}`; names that start with `_` are not for templates")
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Read `obj[argument]` in a body, and `attribute="…"` of filters."""
        if isinstance(argument, str):
            if isinstance(obj, Row | Term):
                return self.getattr(obj, str(argument))
            if isinstance(obj, Namespace):
                return obj.term(argument)
            if argument.startswith("_") and not isinstance(obj, Mapping):
                raise TemplateError(f"a body reads `{argument}`; names that start with `_` are not for templates")
        return super().getitem(obj, argument)

    def join_path(self, template: str, parent: str) -> str:
        """The full name of a file that `parent` includes."""
        return full_name(template, parent)


class _Trusted(_Bodies):
    """For templates of the project and packs that ship with regen.

    Why the short ways: a body makes hundreds of calls and reads hundreds of attributes, nearly all of lists, texts,
    macros, and what filters of the folder return; what Jinja and `_Bodies` look into for each of them cannot matter
    there (bench/README.md).
    """

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Read `obj.attribute` in a body."""
        kind = type(obj)
        if (kind in _PLAIN or kind.__module__.startswith(PACKAGE)) and attribute[0] != "_":
            try:
                return getattr(obj, attribute)
            except AttributeError:
                pass
        return super().getattr(obj, attribute)


_PLAIN = frozenset({list, dict, str, set, LoopContext, JinjaNamespace})
_CALLED_AT_ONCE = frozenset({BuiltinFunctionType, Macro})


class _QuickContext(Context):
    """A context that calls methods of plain values, and macros, without asking what they want to be passed."""

    def call(self, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call something from a body."""
        if type(obj) in _CALLED_AT_ONCE:
            kwargs.pop("_block_vars", None)
            kwargs.pop("_loop_vars", None)
            return obj(*args, **kwargs)
        return super().call(obj, *args, **kwargs)


_Trusted.context_class = _QuickContext


class _Sandboxed(_Bodies, SandboxedEnvironment):
    """For packs from elsewhere: no insides of Python, no endless ranges."""


def _of_term(term: Term, attribute: str) -> Any:
    if isinstance(term, Literal):
        return python_value(term) if attribute == "value" else missing
    if isinstance(term, TripleTerm) or attribute not in _WALKS:
        return missing
    return getattr(Step(term), attribute)


def _sparql(queries: Mapping[str, str]) -> Callable[[str], object]:
    """`sparql("…")` in a body: the rows of the view that parsing made of the text."""

    def sparql(text: str) -> object:
        render = current()
        if render is None or text not in queries:
            raise TemplateError("a query in a body has to be one constant text", hint="name it under `with:`")
        render.reads += 1
        return render.tables[queries[text]]

    return sparql


def make_environment(template: Template) -> Environment:
    """The environment that a template's body is compiled and rendered in."""
    kind = _Sandboxed if template.sandboxed else _Trusted
    environment = kind(
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=_Undefined,
        finalize=finalize,
        loader=_Loader(template.sources),
        cache_size=-1,
        auto_reload=False,
        extensions=EXTENSIONS,
    )
    settings = Settings({name: json.loads(value) for name, value in template.settings})
    tools = Tools.of(template)
    for name in REFUSED:
        del environment.filters[name]
    environment.filters.update(FILTERS)
    environment.filters.update(tools.filters())
    environment.filters.update(filters_of(template.modules))
    environment.tests.update(TESTS)
    queries = {text: name for name, text in template.views if name.startswith("sparql_")}
    names: dict[str, Any] = {
        name: environment.globals[name] for name in ("range", "dict", "cycler", "joiner", "namespace")
    }
    names.update(namespaces(template.prefixes))
    names.update(graph=GRAPH, prefixes=Prefixes(template.prefixes), vars=settings, iri=Iri)
    names.update(sparql=_sparql(queries), query=_sparql(queries))
    environment.globals = names
    # Jinja works out what is constant while it compiles, with the filters of that moment.
    environment.bytecode_cache = _codes(template.sandboxed, tools.digest(), template.modules)
    known = frozenset(names) | {"this", "needs"} | {name for name, _ in template.views}
    environment.undefined = type("Undefined", (_Undefined,), {"__slots__": (), "known": known})
    return environment
