"""Parse: a template's file, the files that it takes in, and its surroundings become a `Template`."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Protocol

from blake3 import blake3

from regen.errors import TemplateError
from regen.model.language import Language
from regen.model.template import Source, Template
from regen.templating.analysis import Reads, analyse
from regen.templating.frontmatter import FrontMatter, parse_front_matter
from regen.templating.modules import filters_of
from regen.templating.namespaces import variable
from regen.templating.queries import with_query_files
from regen.templating.sources import blanked, full_name, has_front_matter

_ANYTHING = Reads((), (), None, None, frozenset())  # what a body of another engine may read
_PLACED = ("each", "skip_if", "to", "when")
_ASK = re.compile(
    r"\A(?P<prologue>(?:\s+|#[^\n]*\n|(?:PREFIX|BASE)\s[^<]*<[^>]*>)*)ASK\b(?:\s*WHERE\b)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What templates are parsed with, beside their files.

    Attributes:
        settings: (name, value as JSON) of the configuration's `[vars]`.
        prefixes: prefix → namespace, of the graph files and the configuration.
        languages: all languages that plugins know; none: front matter may name any.
        salt: of the engine and the plugins, such as their versions; changes every digest.
    """

    settings: tuple[tuple[str, str], ...] = ()
    prefixes: Mapping[str, str] = field(default_factory=dict)
    languages: tuple[Language, ...] = ()
    salt: str = ""


class Library(Protocol):
    """Finds the files that a template may take in."""

    def find(self, name: str) -> Source | None:
        """The file of that full name; None where there is none."""

    def beside(self, name: str) -> Iterable[str]:
        """Full names of all files that a template of that name can reach, sorted."""

    def modules(self, name: str) -> tuple[Source, ...]:
        """Python files whose filters a template of that name can use, `filters.py` first."""


class _Alone:
    """The library of a template that stands by itself."""

    def find(self, name: str) -> Source | None:
        return None

    def beside(self, name: str) -> Iterable[str]:
        return ()

    def modules(self, name: str) -> tuple[Source, ...]:
        return ()


def parse_template(
    source: Source,
    library: Library | None = None,
    surroundings: Surroundings | None = None,
    *,
    sandboxed: bool = False,
) -> Template:
    """Parse and check one template.

    Args:
        source: the file.
        library: where includes are found; None: nowhere.
        surroundings: None: none.
        sandboxed: for packs from elsewhere.

    Raises:
        TemplateError: with file and line, for anything that can be known to be wrong before rendering.
    """
    around = surroundings or Surroundings()
    library = library or _Alone()
    front, files = with_query_files(_front(source, around), source, library.find)
    is_jinja = front.engine == "jinja"
    modules = library.modules(source.name) if is_jinja else ()
    filters = frozenset(filters_of(modules))
    sources, bodies = _closure(source, library, filters) if is_jinja else ((source,), [])
    views, lines, when = _views(front, bodies, source.where)
    reads = [read for _, read in bodies] + _little(front, when, source.where, filters) if is_jinja else [_ANYTHING]
    template = Template(
        name=source.name,
        where=source.where,
        to=front.to,
        language=front.language,
        each=front.each is not None,
        views=views,
        body=front.body,
        body_line=front.body_line,
        digest="",
        engine=front.engine,
        sources=sources,
        modules=modules if any(read.filters for read in reads) else (),
        settings=_settings(around, reads),
        prefixes=_prefixes(around, reads),
        languages=around.languages,
        sandboxed=sandboxed,
        when=when,
        skip_if=front.skip_if,
        unless_exists=front.unless_exists,
        force=front.force,
        inject=front.inject,
        shape=front.shape,
        needs=front.needs,
        lines=lines,
        files=files,
    )
    return replace(template, digest=_digest(template, around.salt))


def _front(source: Source, around: Surroundings) -> FrontMatter:
    if not has_front_matter(source.text):
        raise TemplateError(
            "a template starts with front matter", where=f"{source.where}:1", hint="put `to:` between two `---` lines"
        )
    front = parse_front_matter(source.text, source.where)
    _check_language(front, around, source.where)
    return front


def _check_language(front: FrontMatter, around: Surroundings, where: str) -> None:
    known = [language.name for language in around.languages]
    if front.language is None or not known or front.language in known:
        return
    close = difflib.get_close_matches(front.language.lower(), known, 1, 0.6)
    raise TemplateError(
        f"no plugin knows the language {front.language!r}",
        where=f"{where}:{front.lines['language']}",
        hint=f"did you mean `{close[0]}`?" if close else f"known are: {', '.join(sorted(known))}",
    )


def _little(front: FrontMatter, when: str | None, where: str, filters: frozenset[str]) -> list[Reads]:
    """What the little templates of the front matter read."""
    conditions = {
        name: f"{{{{ {text.strip()} }}}}" for name, text in (("when", when), ("skip_if", front.skip_if)) if text
    }
    texts = {"to": front.to} | conditions
    return [analyse(text, where, front.lines[name], filters) for name, text in texts.items()]


def _closure(
    source: Source, library: Library, filters: frozenset[str]
) -> tuple[tuple[Source, ...], list[tuple[Source, Reads]]]:
    """All files that a body can reach, itself first, the rest sorted; and what each reads."""
    found: dict[str, Source] = {source.name: source}
    reads: list[tuple[Source, Reads]] = []
    waiting = [source]
    while waiting:
        at = waiting.pop()
        read = analyse(blanked(at), at.where, 1, filters)
        reads.append((at, read))
        for reference in read.references:
            wanted = [full_name(name, at.name) for name in reference.names]
            fitting = [library.find(name) for name in wanted or library.beside(at.name)]
            new = [item for item in fitting if item is not None]
            if not new and not reference.optional:
                raise _missing(wanted, at, reference.line, library)
            for item in new:
                if item.name not in found:
                    found[item.name] = item
                    waiting.append(item)
    rest = sorted((item for name, item in found.items() if name != source.name), key=lambda item: item.name)
    reads.sort(key=lambda item: (item[0].name != source.name, item[0].name))
    return (source, *rest), reads


def _missing(wanted: list[str], at: Source, line: int, library: Library) -> TemplateError:
    files = sorted(library.beside(at.name))
    if not wanted:
        return TemplateError(
            "there is no file to include", where=f"{at.where}:{line}", hint="give the file's name as text"
        )
    close = difflib.get_close_matches(wanted[0], files, 1, 0.6)
    hint = f"did you mean `{close[0]}`?" if close else "names are relative to the templates folder"
    return TemplateError(f"there is no file {' or '.join(map(repr, wanted))}", where=f"{at.where}:{line}", hint=hint)


def _views(
    front: FrontMatter, reads: list[tuple[Source, Reads]], where: str
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, int], ...], str | None]:
    """All views with the queries of `when` and of bodies, the lines of keys and views, and `when` as an expression."""
    views, when = dict(front.with_), front.when
    lines = {name: front.lines[name] for name in _PLACED if name in front.lines} | dict(front.view_lines)
    asked = _ASK.match(when) if when is not None else None
    if when is not None and asked is not None:
        start = "SELECT DISTINCT ?this WHERE" if re.search(r"[?$]this\b", when) else "SELECT (1 AS ?holds) WHERE"
        if start.endswith("?this WHERE") and front.each is None:
            raise TemplateError(
                "`when` asks about ?this, but there is no `each`",
                where=f"{where}:{front.lines['when']}",
                hint="add `each:`, or ask without ?this",
            )
        views["when"], when = f"{asked['prologue']}{start}{when[asked.end() :]}", None
    texts = {text for name, text in views.items() if name.startswith("sparql_")}
    for source, read in reads:
        stem = "" if source is reads[0][0] else re.sub(r"\W+", "_", source.name) + "_"
        for text, line in read.queries:
            if text in texts:
                continue
            texts.add(text)
            name = unused = f"sparql_{stem}{line}"
            number = 1
            while name in views:
                number += 1
                name = f"{unused}_{number}"
            views[name] = text
            if source is reads[0][0]:
                lines[name] = line
    ordered = tuple(sorted(views.items()))
    if front.each is not None:
        ordered = (("each", front.each), *ordered)
    return ordered, tuple(sorted(lines.items())), when


def _settings(around: Surroundings, reads: list[Reads]) -> tuple[tuple[str, str], ...]:
    wanted = None if any(read.settings is None for read in reads) else {n for r in reads for n in r.settings or ()}
    return tuple(item for item in sorted(around.settings) if wanted is None or item[0] in wanted)


def _prefixes(around: Surroundings, reads: list[Reads]) -> tuple[tuple[str, str], ...]:
    if any(read.prefixes is None for read in reads):
        return tuple(sorted(around.prefixes.items()))
    wanted = {prefix for read in reads for prefix in read.prefixes or ()}
    names = frozenset().union(*(read.names for read in reads))
    return tuple(
        (prefix, iri)
        for prefix, iri in sorted(around.prefixes.items())
        if prefix in wanted or variable(prefix) in names
    )


@lru_cache(maxsize=8)
def _languages_digest(languages: tuple[Language, ...]) -> str:
    known = [
        (i.name, i.extensions, i.line_comment, i.block_comment, sorted(i.keywords), i.keyword_suffix) for i in languages
    ]
    return blake3(repr(known).encode()).hexdigest()


def _digest(template: Template, salt: str) -> str:
    """Of everything that can change the output: all fields but places in files."""
    parts = (
        template.name,
        template.to,
        template.language,
        template.views,
        template.engine,
        [(source.name, source.text) for source in (*template.sources, *template.modules)],
        template.settings,
        template.prefixes,
        template.sandboxed,
        (template.when, template.skip_if, template.unless_exists, template.force, template.shape),
        (template.inject.place, template.inject.pattern, template.inject.skip_if) if template.inject else None,
        template.needs,
        _languages_digest(template.languages),
        salt,
    )
    return blake3(json.dumps(parts).encode()).hexdigest()
