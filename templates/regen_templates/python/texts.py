"""Texts of a graph become docstrings, wrapped as the line length of `ruff format` wants it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from regen.model.term import Term
from regen.templating.comments import docstring, wrapped
from regen.templating.iris import local_name
from regen.templating.names import sentence

from ..vocabulary.facts import Rows

_WIDTH = 81  # 88 without the indent and the quotes that open a docstring


def described_class(class_: Term, about: Rows) -> str:
    """The docstring of a class: its comments, rows (class, comment); else its name as a sentence."""
    spoken = f"{sentence(local_name(str(class_))).capitalize()}."
    return _docstring("\n\n".join(str(comment) for _, comment in about), spoken)


def described(comments: Iterable[Term]) -> str:
    """The docstring of a field or a member; empty where nothing is said of it."""
    return _docstring("\n\n".join(map(str, comments)), "")


@lru_cache(maxsize=16_384)
def _docstring(text: str, otherwise: str) -> str:
    """The docstring of a text whose lines lose the white space around them.

    Why it is kept: the same property is printed in many classes, and wrapping is most of what a field costs.
    """
    prose = "\n".join(line.strip() for line in text.splitlines())
    return docstring(wrapped(prose if prose.strip() else otherwise, _WIDTH))
