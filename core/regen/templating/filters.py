"""Filters and tests: what bodies may do with a value, beside what Jinja brings.

Filters that depend on the template (its language, its prefixes) are made by `Tools`; the rest stand in `FILTERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from blake3 import blake3
from jinja2.filters import do_default
from jinja2.runtime import Undefined

from regen.errors import TemplateError
from regen.model.language import Language
from regen.model.template import Template
from regen.model.term import Term
from regen.templating import literals, names
from regen.templating.comments import comment, docstring, wrapped
from regen.templating.identifiers import Names, identifier, unique_names
from regen.templating.inflection import plural, singular
from regen.templating.iris import curie, local_name, namespace
from regen.templating.tables import Row


def _of_text(name: str, function: Callable[[str], str]) -> Callable[[object], str]:
    """A filter of one text, which says its name when it gets no text."""

    def apply(value: object) -> str:
        if isinstance(value, str):
            return function(str(value))  # terms compare slowly, and caches compare
        if isinstance(value, Undefined):
            str(value)  # raises: says what is undefined
        if value is None:
            raise TemplateError(
                f"`{name}` got an unbound value", hint=f'write `{{% if … %}}` around it, or `| default("…") | {name}`'
            )
        if isinstance(value, int | float):
            return function(str(value))
        raise TemplateError(f"`{name}` takes a text, not a {type(value).__name__}")

    apply.__name__ = name
    return apply


def _default(value: Any, default: Any = "", boolean: bool = False) -> Any:
    """Jinja's `default`, for which an unbound value is missing too."""
    return default if value is None else do_default(value, default, boolean)


def _wrap(value: object, width: int = 79, indent: int | str = "") -> str:
    return wrapped(value, width, " " * indent if isinstance(indent, int) else indent)


def _n3(value: object) -> str:
    if not isinstance(value, Term):
        raise TemplateError(f"`n3` takes a term, not a {type(value).__name__}")
    return value.n3()


FILTERS: dict[str, Callable[..., Any]] = {
    **{name: _of_text(name, style) for name, style in names.STYLES.items() if name != "title"},
    **{
        name: _of_text(name, function)
        for name, function in {
            "title_words": names.title_words,
            "sentence": names.sentence,
            "plural": plural,
            "singular": singular,
            "local_name": local_name,
            "namespace": namespace,
        }.items()
    },
    "words": lambda value: list(names.words(str(value))),
    "py_literal": literals.py_literal,
    "ts_literal": literals.ts_literal,
    "rs_literal": literals.rs_literal,
    "go_literal": literals.go_literal,
    "sql_literal": literals.sql_literal,
    "json": literals.json_literal,
    "docstring": docstring,
    "wrap": _wrap,
    "n3": _n3,
    "default": _default,
    "d": _default,
}

TOOLS = frozenset({"comment", "curie", "identifier", "unique_names"})  # made by `Tools.filters`
TESTS: dict[str, Callable[[object], bool]] = {
    "iri": lambda value: isinstance(value, Term) and value.kind == "iri",
    "blank": lambda value: isinstance(value, Term) and value.kind == "blank",
    "literal": lambda value: isinstance(value, Term) and value.kind == "literal",
}


@dataclass(frozen=True, slots=True)
class Tools:
    """Filters that know the template's language, all languages, and the prefixes.

    Attributes:
        own: the language that the template writes; None where neither front matter nor `to:` says it.
    """

    own: Language | None
    languages: tuple[Language, ...]
    prefixes: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, template: Template) -> Tools:
        """The tools of a template; its language is the named one, else the one of the ending of `to:`."""
        return cls(own_language(template), template.languages, template.prefixes)

    def digest(self) -> str:
        """Of all that a filter's answer may depend on beside its arguments."""
        languages = [
            (item.name, item.line_comment, item.block_comment, sorted(item.keywords)) for item in self.languages
        ]
        return blake3(repr((self.own and self.own.name, languages, self.prefixes)).encode()).hexdigest()

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {
            "comment": self._comment,
            "curie": _of_text("curie", lambda iri: curie(iri, self.prefixes)),
            "identifier": self._identifiers(),
            "unique_names": self._unique_names,
        }

    def _language(self, name: str | None) -> Language | None:
        if name is None:
            return self.own
        found = next((language for language in self.languages if language.name == name), None)
        if found is None:
            known = ", ".join(language.name for language in self.languages)
            raise TemplateError(f"no plugin knows the language {name!r}", hint=f"known are: {known}")
        return found

    def _comment(self, value: object, style: str | None = None, width: int | None = None) -> str:
        if style is not None and any(language.name == style for language in self.languages):
            return comment(value, self._language(style), None, width)
        return comment(value, self.own, style, width)

    def _identifiers(self) -> Callable[..., str]:
        own = _of_text("identifier", lru_cache(maxsize=16_384)(lambda text: identifier(text, self.own)))

        def apply(value: object, language: str | None = None) -> str:
            if language is None:
                return own(value)
            known = self._language(language)
            return _of_text("identifier", lambda text: identifier(text, known))(value)

        return apply

    def _unique_names(
        self,
        things: Iterable[Any],
        attribute: str | None = None,
        style: str | None = None,
        language: str | None = None,
        ignore_case: bool = False,
    ) -> Names:
        if style is not None and style not in names.STYLES:
            raise TemplateError(f"there is no style {style!r}", hint=f"take one of {', '.join(sorted(names.STYLES))}")
        shape = names.STYLES.get(style or "", str)
        known = self._language(language)
        cells = [_cell(thing, attribute) for thing in things]
        return unique_names(
            (cell for cell in cells if cell is not None), lambda text: identifier(shape(text), known), ignore_case
        )


def _cell(thing: Any, attribute: str | None) -> Any:
    if attribute is None:
        return thing
    if isinstance(thing, Row) and attribute not in thing._columns:
        raise TemplateError(
            f"`{thing._view}` has no column {attribute!r}", hint=f"its columns are {', '.join(thing._columns)}"
        )
    return thing[attribute]


def own_language(template: Template) -> Language | None:
    """The language that a template writes; None where nobody says it."""
    if template.language is not None:
        return next((language for language in template.languages if language.name == template.language), None)
    to = template.to.strip()
    endings = [(ending, language) for language in template.languages for ending in language.extensions]
    fitting = [(ending, language) for ending, language in endings if to.endswith(ending)]
    return max(fitting, key=lambda item: len(item[0]))[1] if fitting else None
