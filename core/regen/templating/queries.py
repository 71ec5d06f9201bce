"""Queries: the name of a query file in the front matter becomes the query that stands in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from regen.errors import TemplateError
from regen.model.template import Source
from regen.templating.frontmatter import FrontMatter
from regen.templating.sources import full_name

_THIS = re.compile(r"[?$]this\b|\bSELECT\s+(?:DISTINCT\s+|REDUCED\s+)?\*", re.IGNORECASE)
_FILE = re.compile(r"\s*((?:pack:)?[\w./-]+\.rq)\s*")


def with_query_files(
    front: FrontMatter, source: Source, find: Callable[[str], Source | None]
) -> tuple[FrontMatter, tuple[tuple[str, str], ...]]:
    """Put the texts of query files where the front matter names them.

    Args:
        front: of the template.
        source: the template's file: names of query files are relative to its templates folder, or to it with `./`.
        find: gives the file of a full name.

    Returns:
        The front matter with queries, and (view, file) of those that came from a file, for messages.

    Raises:
        TemplateError: there is no such file, or `each` does not select ?this.
    """
    files: list[tuple[str, str]] = []
    lines = dict(front.lines)
    view_lines = dict(front.view_lines)

    def text_of(name: str, text: str, line: int) -> str:
        named = _FILE.fullmatch(text)
        if named is None:
            return text
        found = find(full_name(named[1], source.name))
        if found is None:
            raise TemplateError(
                f"there is no query file {named[1]!r}",
                where=f"{source.where}:{line}",
                hint="names are relative to the templates folder",
            )
        files.append((name, found.where))
        return found.text

    views = tuple((name, text_of(name, text, view_lines[name])) for name, text in front.with_)
    each = front.each and text_of("each", front.each, lines["each"])
    if each is not None and not _THIS.search(each):
        place = dict(files).get("each") or f"{source.where}:{lines['each']}"
        raise TemplateError("`each` has to select ?this", where=place, hint="name the key `?this`")
    for name, _ in files:
        (lines if name == "each" else view_lines)[name] = 1
    return replace(front, with_=views, each=each, lines=lines, view_lines=view_lines), tuple(files)
