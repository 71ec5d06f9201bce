"""Properties: facts of a class become lines of its table, and what its diagram draws."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from regen.model.term import Literal, Term
from regen.templating.iris import local_name

from ..vocabulary.facts import Property
from ..vocabulary.facts import properties as gathered
from .pages import Page, Rows
from .texts import code, paragraphs_of

# Facts that limit values, in the order in which they are told.
_LIMITS = (
    ("ge", "At least"),
    ("gt", "More than"),
    ("le", "At most"),
    ("lt", "Less than"),
    ("min_length", "Shortest length"),
    ("max_length", "Longest length"),
    ("pattern", "Matches"),
)


class Line(NamedTuple):
    """One property as its table and the diagram have it.

    Attributes:
        cells: of the table: its name, its values, how many, and what it says.
        how_many: `1`, `0..1`, `2..*`.
        local: its local name.
        targets: the classes that have a page, of which its values are.
        scalars: local names of what else its values are.
    """

    cells: tuple[str, str, str, str]
    how_many: str
    local: str
    targets: tuple[str, ...]
    scalars: tuple[str, ...]


def properties(fields: Rows, known: Rows, here: Page, unbounded: str) -> list[Line]:
    """The properties of a class, in the order of their IRIs.

    Args:
        fields: (class, property, fact, value).
        known: (class, class that has a page).
        here: the page of the class.
        unbounded: "one" where a property without an upper bound has one value, `[vars] unbounded`.
    """
    paged = {str(other) for _, other in known}
    facts = ((property_, fact, value) for _, property_, fact, value in fields)
    return [_line(each, paged, here) for each in gathered(facts, one=unbounded == "one")]


def cells(lines: list[Line]) -> list[tuple[str, str, str, str]]:
    """The cells of the table, line by line."""
    return [line.cells for line in lines]


def _line(property_: Property, paged: set[str], here: Page) -> Line:
    ranges = [str(term) for term in property_.ranges]
    if property_.choices:
        values = [code(_choice(term)) for term in property_.choices]
    else:
        values = [here.link(iri) if iri in paged else code(local_name(iri)) for iri in ranges]
    how_many = _count(property_)
    return Line(
        cells=(code(property_.key), ", ".join(dict.fromkeys(values)), how_many, "<br>".join(_says(property_))),
        how_many=how_many,
        local=property_.local,
        targets=tuple([iri for iri in ranges if iri in paged]),
        scalars=tuple([local_name(iri) for iri in ranges if iri not in paged]),
    )


def _choice(term: Term) -> str:
    return str(term) if isinstance(term, Literal) else local_name(str(term))


def _count(property_: Property) -> str:
    """How many values: `1`, `0..1`, `2..*`. What needs several values has no bound of one that nobody stated."""
    least = property_.least or 0
    most = property_.most if property_.most is not None else "*" if property_.many or least > 1 else 1
    return str(least) if least == most else f"{least}..{most}"


def _says(property_: Property) -> list[str]:
    given = property_.given
    about = _told("\n\n".join([str(text) for text in given.get("about", ())]))
    found = [about] if about else []
    if property_.deprecated:
        successors = _joined(local_name(str(term)) for term in given.get("successor", ()))
        found.append("**Deprecated.**" + (f" Use {code(successors)} instead." if successors else ""))
    found += [f"{words} {code(_joined(given[fact]))}." for fact, words in _LIMITS if fact in given]
    return found


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(map(str, texts))


@lru_cache(maxsize=16_384)
def _told(text: str) -> str:
    """The paragraphs of a comment in one cell; white space around its lines does not count."""
    return "<br>".join(paragraphs_of("\n".join([line.strip() for line in text.splitlines()])))
