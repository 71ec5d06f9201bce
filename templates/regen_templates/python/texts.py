"""Texts of a graph become docstrings, wrapped as the line length of `ruff format` wants it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from regen.model.term import Term
from regen.templating.comments import docstring, wrapped
from regen.templating.iris import local_name
from regen.templating.names import sentence

from ..vocabulary.facts import Property, Rows

_WIDTH = 81  # 88 without the indent and the quotes that open a docstring


def described_class(class_: Term, about: Rows, deprecated: Rows = ()) -> str:
    """The docstring of a class: its comments, else its name as a sentence, and what to use instead of it.

    Args:
        class_: its IRI.
        about: rows (class, comment).
        deprecated: rows (class, whether it is, successor).
    """
    text, note = "\n\n".join([str(comment) for _, comment in about]), ""
    if not text.strip():
        text = f"{sentence(local_name(str(class_))).capitalize()}."
    if deprecated:
        successors = _named(successor for _, _, successor in deprecated if successor is not None)
        note = f"Deprecated: use {successors} instead." if successors else "Deprecated."
    return _docstring(text, note)


def described_field(of: Property) -> str:
    """The docstring of a field, with what to use instead of it; empty where nothing is said of its property."""
    successors = _named(of.given.get("successor", ()))
    return _docstring("\n\n".join(of.given.get("about", ())), f"Use {successors} instead." if successors else "")


def described_member(comments: Iterable[Term]) -> str:
    """The docstring of a member of an enumeration; empty where nothing is said of it."""
    return _docstring("\n\n".join(comments), "")


def _named(terms: Iterable[Term]) -> str:
    return ", ".join([local_name(str(term)) for term in terms])


@lru_cache(maxsize=16_384)
def _docstring(text: str, note: str) -> str:
    """The docstring of a text whose lines lose the white space around them, and a note behind it.

    Why it is kept: the same property is printed in many classes, and wrapping is most of what a field costs.
    """
    prose = "\n".join([line.strip() for line in text.splitlines()])
    return docstring(wrapped(f"{prose}\n\n{note}" if note else prose, _WIDTH))
