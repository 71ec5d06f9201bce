"""Languages: what regen knows of one, as plugins register it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Language:
    """A language that templates write.

    Attributes:
        name: lower case, such as "python"; what `language:` in front matter names.
        extensions: with the dot, such as (".py", ".pyi").
        line_comment: what starts a comment to the end of the line; None where there is none.
        block_comment: what starts and ends a block comment; None where there is none.
        keywords: words that no identifier may be.
        keyword_suffix: what the `identifier` filter adds to a name that is a keyword.
    """

    name: str
    extensions: tuple[str, ...]
    line_comment: str | None = None
    block_comment: tuple[str, str] | None = None
    keywords: frozenset[str] = field(default_factory=frozenset)
    keyword_suffix: str = "_"
