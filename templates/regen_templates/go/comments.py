"""Comments: texts of the graph become Go's documentation, paragraphs filled to lines of 100 characters.

Why lines are filled here and not by textwrap, which fills the rest of regen's comments: nearly all of a render's time
went there. The two agree, and a text that holds more than plain words takes the long way.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from regen.model.term import Iri, Term
from regen.templating.comments import comment
from regen.templating.iris import local_name

_WIDTH = 100
_ROOM = _WIDTH - len("// ")


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
    paragraphs[:1] = [f"{name}: {paragraphs[0] if paragraphs else ''}"]
    if all(part.isprintable() and "\\" not in part for part in paragraphs):
        lines = [f"// {line.rstrip()}" for line in _filled(paragraphs)]
    else:
        lines = comment("\n\n".join(paragraphs), None, "//", _WIDTH).split("\n")
    return f"\n{indent}".join(line.rstrip() for line in lines)


def _filled(paragraphs: Iterable[str]) -> Iterable[str]:
    """Lines of single-spaced words; a word that is longer than a line stays whole."""
    for at, part in enumerate(paragraphs):
        if at:
            yield ""
        rest = part
        while len(rest) > _ROOM:
            end = rest.rfind(" ", 0, _ROOM + 1)
            if end < 0:
                end = rest.find(" ", _ROOM)
            if end < 0:
                break
            yield rest[:end]
            rest = rest[end + 1 :]
        yield rest
