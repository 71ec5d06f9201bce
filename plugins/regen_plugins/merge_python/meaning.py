"""Merge: a member becomes what it says, so that a formatter's work is told from a person's."""

from __future__ import annotations

import ast
import io
import tokenize
from textwrap import dedent

from regen_plugins.merge_python.outline import Member


def only_written(base: Member, ours: Member, theirs: Member) -> Member | None:
    """The side that changed what the code says, where the other only wrote the same otherwise (a formatter ran)."""
    meaning = _meaning(base)
    if meaning is None:
        return None
    if _meaning(ours) == meaning:
        return theirs
    return ours if _meaning(theirs) == meaning else None


def _meaning(member: Member) -> tuple[str, tuple[str, ...]] | None:
    """What a member says, comments included, without how it is laid out."""
    text = dedent("\n".join(member.lines)) + "\n"
    try:
        tree = ast.dump(ast.parse(text))
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        return tree, tuple(token.string for token in tokens if token.type == tokenize.COMMENT)
    except (SyntaxError, ValueError, tokenize.TokenError):
        return None  # such as a body with `return`, outside of its function
