"""Merge: a Markdown file becomes its front matter and a tree of sections, each line in one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from markdown_it import MarkdownIt

Lines = tuple[str, ...]
Key = tuple[str, int]  # a title, and which of the sections of that title beside each other
_FENCES = {"---": "yaml", "+++": "toml"}  # what front matter stands between, and its language


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, what stands under it, and the sections inside.

    Attributes:
        key: its title and number; ("", 0) for what stands before the first heading.
        level: of the heading, from 1; 0 without one.
        heading: its lines.
        body: the lines up to the next heading, without blank ones at the end.
        gap: how many blank lines follow; None where the file ends.
        sections: inside of this one.
        first: the line of the heading, from 1.
    """

    key: Key
    level: int
    heading: Lines
    body: Lines
    gap: int | None
    sections: tuple[Section, ...]
    first: int

    def all(self) -> Iterator[Section]:
        """This section and all inside, in the order of the file."""
        return (section for _, section in self.deep())

    def deep(self, depth: int = 0) -> Iterator[tuple[int, Section]]:
        """As `all`, each with how many sections it is inside of; `depth` is that of this one."""
        yield depth, self
        for section in self.sections:
            yield from section.deep(depth + 1)

    def text(self) -> Lines:
        """Every line of it, with the blank ones between."""
        lines: list[str] = []
        for section in self.all():
            lines += (*section.heading, *section.body, *[""] * (section.gap or 0))
        return tuple(lines)

    def same(self, other: Section) -> bool:
        """Whether both say the same, but for blank lines between sections."""
        mine, theirs = ([(part.heading, part.body) for part in section.all()] for section in (self, other))
        return mine == theirs


@dataclass(frozen=True, slots=True)
class Document:
    """A Markdown file.

    Attributes:
        language: of its front matter; None without.
        front: the lines of the front matter, without those that enclose it.
        root: everything after it.
        end: blank lines at the end.
    """

    language: str | None
    front: Lines
    root: Section
    end: int

    @property
    def fence(self) -> Lines:
        """The line that encloses the front matter."""
        return tuple(line for line, language in _FENCES.items() if language == self.language)


def outline(lines: Lines) -> Document:
    """Read a Markdown file; every text is one."""
    language = _FENCES.get(lines[0].rstrip()) if lines else None
    front: Lines = ()
    first = 0
    if language is not None:
        ends = [at for at, line in enumerate(lines) if at and line.rstrip() == lines[0].rstrip()]
        if ends and lines[0] == lines[0].rstrip() == lines[ends[0]]:
            front, first = lines[1 : ends[0]], ends[0] + 1
        else:
            language = None
    bare = len(lines)
    while bare > first and not lines[bare - 1].strip():
        bare -= 1
    flat = list(_flat(lines[first:bare], first + 1))
    flat[-1] = replace(flat[-1], gap=None)
    sections, _ = _nested(flat, 1, 0)
    return Document(language, front, replace(flat[0], sections=sections), len(lines) - bare)


def _flat(lines: Lines, first: int) -> Iterator[Section]:
    """Sections one after the other, not yet inside of each other."""
    starts = [(0, 0, 0, "")]
    for token, inline in _headings("\n".join(lines)):
        starts.append((token[0], token[1], token[2], inline))
    for at, (start, end, level, title) in enumerate(starts):
        stop = starts[at + 1][0] if at + 1 < len(starts) else len(lines)
        last = stop
        while last > end and not lines[last - 1].strip():
            last -= 1
        yield Section((title, 0), level, lines[start:end], lines[end:last], stop - last, (), first + start)


def _headings(text: str) -> Iterator[tuple[tuple[int, int, int], str]]:
    """((first line, line after, level), title) of each heading that is in no list or quotation."""
    tokens = _parser().parse(text)
    for at, token in enumerate(tokens):
        if token.type == "heading_open" and token.level == 0 and token.map is not None:
            yield (token.map[0], token.map[1], int(token.tag[1:])), " ".join(tokens[at + 1].content.split())


@cache
def _parser() -> MarkdownIt:
    """A parser of blocks alone."""
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _nested(flat: Sequence[Section], at: int, level: int) -> tuple[tuple[Section, ...], int]:
    """Sections from `at` on that are deeper than `level`, each with those inside; and where they end."""
    found: list[Section] = []
    while at < len(flat) and flat[at].level > level:
        inside, after = _nested(flat, at + 1, flat[at].level)
        found.append(replace(flat[at], sections=inside))
        at = after
    return _numbered(found), at


def _numbered(sections: Sequence[Section]) -> tuple[Section, ...]:
    """Sections of one title are told apart by counting."""
    seen: Counter[str] = Counter()
    numbered: list[Section] = []
    for section in sections:
        title = section.key[0]
        numbered.append(replace(section, key=(title, seen[title])))
        seen[title] += 1
    return tuple(numbered)
