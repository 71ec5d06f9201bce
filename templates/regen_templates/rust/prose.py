"""Prose: comments of the graph become doc comments, as rustfmt leaves them."""

from __future__ import annotations

from functools import lru_cache

from regen.templating.comments import comment
from regen.templating.iris import local_name

_CACHE = 16_384  # texts; a property's comment is printed in each struct that has it


@lru_cache(maxsize=_CACHE)
def doc(text: str, width: int, successors: tuple[str, ...] = (), deprecated: bool = False) -> str:
    """A doc comment; what stands after the first line is indented as a member is where `width` is that of a member.

    Args:
        text: paragraphs, in lines of any length.
        width: of the longest line, without the indentation: 100 for an item, 96 for a member of one.
        successors: the IRIs of what is to be used instead.
        deprecated: whether it should not be used any more, also where no successor is known.
    """
    paragraphs = [" ".join(part.split()) for part in text.replace("\r\n", "\n").replace("``", "").split("\n\n")]
    if successors or deprecated:
        uses = ", ".join(dict.fromkeys(map(local_name, successors)))
        paragraphs.append(f"Deprecated: use {uses} instead." if uses else "Deprecated: kept for old data.")
    lines = comment("\n\n".join(filter(None, paragraphs)), None, "///", width)
    return lines.replace("\n", "\n" + " " * (100 - width))
