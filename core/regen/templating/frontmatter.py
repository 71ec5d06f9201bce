"""Front matter: a template's file becomes its keys, each with the line on which it stands, and its body."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from regen.errors import TemplateError
from regen.model.template import Inject
from regen.templating.sources import split
from regen.templating.yamlvalues import Value, compose, flag_of, mapping, names_of, text_of, wrong

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")

_TEXTS = frozenset({"to", "language", "each", "engine", "when", "skip_if", "before", "after", "shape"})
_FLAGS = frozenset({"unless_exists", "force", "inject", "prepend", "append"})
KEYS = _TEXTS | _FLAGS | {"with", "at_line", "needs"}
_PLACES = ("before", "after", "prepend", "append", "at_line")

# What people who know ggen or hygen write, and what says the same here.
_ELSEWHERE = {
    "sparql": "name your queries under `with:`",
    "query": "name your queries under `with:`",
    "queries": "name your queries under `with:`",
    "for_each": "write the query under `each:`; it gives one artifact for each `?this`",
    "foreach": "write the query under `each:`; it gives one artifact for each `?this`",
    "construct": "select what you need under `with:`; a template does not add to the graph",
    "prefixes": "prefixes come from the graph files and from `prefixes` in the configuration",
    "base": "prefixes come from the graph files and from `prefixes` in the configuration",
    "rdf": "put the triples in a file of the graph folder",
    "rdf_inline": "put the triples in a file of the graph folder",
    "vars": "put the values under `[vars]` in the configuration; templates read `vars.NAME`",
    "from": 'write the body here, or take it in with `{% include "…" %}`',
    "sh": "templates run no commands; run it in your build, after `regen apply`",
    "sh_before": "templates run no commands; run it in your build, after `regen apply`",
    "sh_after": "templates run no commands; run it in your build, after `regen apply`",
    "backup": "leave it out: every release can be restored with `regen rollback`",
    "freeze_policy": "leave it out: edits in generated files are merged, never overwritten",
    "freeze_slots_dir": "leave it out: edits in generated files are merged, never overwritten",
    "determinism": "leave it out: rendering is always deterministic",
    "idempotent": "leave it out: injecting twice changes nothing",
    "eof_last": "use `append: true`",
    "skip_empty": "use `skip_if:` with an expression",
}

# Names that a body has already, words of Jinja, and keys whose lines stand in one table with the views' lines.
_WORDS = """
    this each needs graph prefixes vars iri sparql query range dict cycler joiner namespace self super loop caller
    varargs kwargs and or not is in if else true false none True False None for import from as with without
    context include extends block macro call filter set do shape skip_if when to
"""
RESERVED = frozenset(_WORDS.split())


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a template's file says before its body; fields as in `regen.model.template.Template`.

    Attributes:
        with_: (name, SPARQL text) of `with`, sorted by name.
        each: the query of `each`; None where there is none.
        body_line: line of the file on which the body starts, from 1.
        lines, view_lines: of each key, and of each query of `with`: the line of the file on which its text starts.
    """

    to: str
    body: str
    body_line: int
    language: str | None = None
    each: str | None = None
    with_: tuple[tuple[str, str], ...] = ()
    engine: str = "jinja"
    when: str | None = None
    skip_if: str | None = None
    unless_exists: bool = False
    force: bool = False
    inject: Inject | None = None
    shape: str | None = None
    needs: tuple[str, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)
    view_lines: Mapping[str, int] = field(default_factory=dict)


def parse_front_matter(text: str, where: str) -> FrontMatter:
    """Read the front matter of a template's file.

    Args:
        text: the whole file; its first line is `---`.
        where: the file, for messages.

    Raises:
        TemplateError: with file and line, the key that may be meant, and the way out.
    """
    header, body, body_line = split(text, where)
    values = mapping(compose(header, where), where, "the front matter")
    for name in values:
        _check_key(name, values[name].key_line, where)
    texts = {name: text_of(values, name, where) for name in sorted(_TEXTS & values.keys())}
    flags = {name: flag_of(values, name, where) for name in sorted(_FLAGS & values.keys())}
    _check_to(texts, where)
    lines = {name: value.line for name, value in values.items()}
    views, view_lines = _views(values, where)
    found = FrontMatter(
        to=texts["to"],
        body=body,
        body_line=body_line,
        language=texts.get("language"),
        each=texts.get("each"),
        with_=views,
        engine=texts.get("engine", "jinja"),
        when=texts.get("when"),
        skip_if=texts.get("skip_if"),
        unless_exists=flags.get("unless_exists", False),
        force=flags.get("force", False),
        shape=texts.get("shape"),
        needs=names_of(values, "needs", where),
        lines=lines,
        view_lines=view_lines,
    )
    found = _with_shape(found, where)
    return _with_inject(found, values, texts, flags, where)


def _check_to(texts: Mapping[str, str], where: str) -> None:
    if "to" not in texts:
        raise TemplateError(
            "the front matter lacks `to`, the path of the file to write",
            where=f"{where}:1",
            hint='add a line such as `to: "{{ this | local_name | snake }}.py"`',
        )


def _check_key(name: str, line: int, where: str) -> None:
    if name in KEYS:
        return
    close = difflib.get_close_matches(name.lower().replace("-", "_"), sorted(KEYS), 1, 0.6)
    if name in _ELSEWHERE:
        hint = _ELSEWHERE[name]
    elif close:
        hint = f"did you mean `{close[0]}`?"
    else:
        hint = f"the keys are: {', '.join(sorted(KEYS))}"
    raise TemplateError(f"the front matter has no key `{name}`", where=f"{where}:{line}", hint=hint)


def _views(values: Mapping[str, Value], where: str) -> tuple[tuple[tuple[str, str], ...], dict[str, int]]:
    value = values.get("with")
    if value is None:
        return (), {}
    if not isinstance(value.data, dict):
        raise TemplateError(
            "`with` has to name its queries",
            where=f"{where}:{value.line}",
            hint="write `with:`, below it `  name: SELECT …`",
        )
    for name, query in value.data.items():
        place = f"{where}:{query.line}"
        if name in RESERVED or name.startswith("sparql_") or name.isupper():
            raise TemplateError(
                f"a view cannot be called `{name}`: templates know that word already",
                where=place,
                hint="take another name",
            )
        if not _NAME.match(name):
            raise TemplateError(
                f"a view cannot be called `{name}`", where=place, hint="take a name of letters, digits and `_`"
            )
        if not isinstance(query.data, str) or not query.data.strip():
            wrong(name, "a SPARQL query", query, where)
    views = tuple((name, str(value.data[name].data)) for name in sorted(value.data))
    return views, {name: query.line for name, query in value.data.items()}


def _with_shape(found: FrontMatter, where: str) -> FrontMatter:
    """Where `shape` stands for `each`: the keys are the shape's targets (SHACL, section 2.1.3)."""
    if found.shape is None:
        return found
    line = found.lines["shape"]
    if found.each is not None:
        raise TemplateError(
            "`shape` and `each` both say what the keys are", where=f"{where}:{line}", hint="keep one of the two"
        )
    text = found.shape.strip()
    shape = text if text.startswith("<") or not re.match(r"(?:https?|urn|tag):", text) else f"<{text}>"
    if not re.fullmatch(r'<[^<>"{}|^`\\\s]+>|[\w.-]*:[\w.%-]*', shape):
        raise TemplateError(
            f"`shape` has to name one shape, not {text!r}",
            where=f"{where}:{line}",
            hint="write an IRI or `prefix:name`",
        )
    sh, rdf, rdfs = (
        "http://www.w3.org/ns/shacl#",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "http://www.w3.org/2000/01/rdf-schema#",
    )
    instance = f"?this <{rdf}type>/<{rdfs}subClassOf>*"
    query = (
        "SELECT DISTINCT ?this WHERE {"
        f" {{ {shape} <{sh}targetNode> ?this }}"
        f" UNION {{ {shape} <{sh}targetClass> ?class . {instance} ?class }}"
        f" UNION {{ {shape} <{rdf}type> <{rdfs}Class> . {instance} {shape} }}"
        f" UNION {{ {shape} <{sh}targetSubjectsOf> ?property . ?this ?property ?object }}"
        f" UNION {{ {shape} <{sh}targetObjectsOf> ?property . ?subject ?property ?this }} }}"
    )
    return replace(found, each=query, lines={**found.lines, "each": line})


def _with_inject(
    found: FrontMatter, values: Mapping[str, Value], texts: Mapping[str, str], flags: Mapping[str, bool], where: str
) -> FrontMatter:
    places = [name for name in _PLACES if name in values and flags.get(name, True)]
    if not flags.get("inject", False):
        if places:
            line = values[places[0]].line
            raise TemplateError(
                f"`{places[0]}` says where to inject, but nothing is injected",
                where=f"{where}:{line}",
                hint="add `inject: true`",
            )
        return found
    if len(places) > 1:
        both = " and ".join(f"`{name}`" for name in places)
        raise TemplateError(
            f"{both} both say where to inject", where=f"{where}:{values[places[1]].line}", hint="keep one"
        )
    place = places[0] if places else "append"
    pattern = texts.get(place)
    if place == "at_line":
        value = values[place]
        if isinstance(value.data, bool) or not isinstance(value.data, int) or value.data < 1:
            wrong(place, "a line, counted from 1", value, where)
        pattern = str(value.data)
    elif pattern is not None:
        try:
            re.compile(pattern)
        except re.error as error:
            raise TemplateError(
                f"`{place}` is no regular expression: {error}",
                where=f"{where}:{values[place].line}",
                hint="put a backslash before signs that stand for themselves",
            ) from error
    return replace(found, inject=Inject(place, pattern, found.skip_if), skip_if=None)
