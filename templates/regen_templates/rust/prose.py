"""Prose: comments of the graph become doc comments, as rustfmt leaves them.

Why lines are broken here and not by `textwrap`: it took half of the time of a render. Paragraphs have single spaces by
then, so each line ends at the last one that fits.
"""

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
    wrapped = [line for part in paragraphs if part for line in (*_lines(part, width - len("/// ")), "")]
    lines = comment("\n".join(wrapped), None, "///")
    return lines.replace("\n", "\n" + " " * (100 - width))


def _lines(text: str, width: int) -> list[str]:
    """A paragraph of words with single spaces, in lines of at most `width`; a longer word stays whole."""
    found: list[str] = []
    start = 0
    while len(text) - start > width:
        end = text.rfind(" ", start, start + width + 1)
        if end < 0:
            end = text.find(" ", start + width)
        if end < 0:
            break
        found.append(text[start:end])
        start = end + 1
    return [*found, text[start:]]
