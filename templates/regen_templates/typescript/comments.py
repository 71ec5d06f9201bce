"""Comments: what a graph says of a thing becomes TSDoc."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from regen.templating.comments import comment
from regen.templating.iris import local_name
from regen.templating.names import sentence

_WIDTH = 79


def described(iri: str, texts: Iterable[str], note: str) -> str:
    """The comment of a class: its texts, else its name as a sentence, and a note."""
    about = _prose("\n\n".join(texts)) or f"{sentence(local_name(iri)).capitalize()}."
    return _block(f"{about}\n\n{note}" if note else about, _WIDTH)


@lru_cache(maxsize=16_384)
def member_comment(text: str, note: str = "") -> str:
    """The comment of a member, two spaces in; empty where there is nothing to say.

    Why it is kept: the members of schema.org's classes are the same few properties, three times each.
    """
    whole = f"{_prose(text)}\n\n{note}".strip() if note else _prose(text)
    return f"  {_block(whole, _WIDTH - 2)}".replace("\n", "\n  ") if whole else ""


def deprecation(successors: Iterable[str]) -> str:
    """The tag of what should not be used any more."""
    names = ", ".join(map(local_name, successors))
    return f"@deprecated Use {names}." if names else "@deprecated"


def _block(text: str, width: int) -> str:
    return comment(text, None, "/**", width)


def _prose(text: str) -> str:
    """Text without the white space around its lines."""
    return "\n".join([line.strip() for line in text.splitlines()])
