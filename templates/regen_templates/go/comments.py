"""Comments: texts of the graph become Go's documentation, filled to lines of 100 characters."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from regen.model.term import Iri, Term
from regen.templating.comments import comment
from regen.templating.iris import local_name

_WIDTH = 100


def deprecation(successors: Iterable[Term | None]) -> str:
    """The paragraph by which Go's tools know what is deprecated."""
    uses = dict.fromkeys(local_name(str(successor)) for successor in successors if isinstance(successor, Iri))
    return f"Deprecated: use {', '.join(uses)} instead." if uses else "Deprecated: kept for old data."


@lru_cache(maxsize=16_384)
def documentation(name: str, text: str, indent: str = "") -> str:
    """Comment lines of what is called `name`, ready to stand behind `indent`.

    Args:
        name: what is documented; Go wants it first.
        text: paragraphs, with an empty line between two.
        indent: what stands before the first line already, and before all others here.
    """
    plain = text.replace("\r\n", "\n").replace("``", "")
    paragraphs = [line for part in plain.split("\n\n") if (line := " ".join(part.split()))]
    lines = comment(f"{name}: " + "\n\n".join(paragraphs), None, "//", _WIDTH)
    return lines.replace("\n", f"\n{indent}")
