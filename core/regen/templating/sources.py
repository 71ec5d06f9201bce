"""Sources: a file is told to be a template or not, is taken apart, and is found by those that take it in.

Why apart from front matter and Jinja: a command that has nothing to do lists files, and should not load either.
"""

from __future__ import annotations

import re

from regen.errors import TemplateError
from regen.model.template import Source

_OPENING = re.compile(r"\ufeff?---[ \t]*(?:\r?\n|\Z)")
_FENCE = re.compile(r"---[ \t]*\r?\Z")


def has_front_matter(text: str) -> bool:
    """Whether a file is a template: its first line is `---`."""
    return _OPENING.match(text) is not None


def split(text: str, where: str) -> tuple[str, str, int]:
    """Take a file apart: YAML text (it starts on line 2), body, line on which the body starts, from 1.

    Raises:
        TemplateError: the front matter has no end.
    """
    lines = text.split("\n")
    for number, line in enumerate(lines[1:], 2):
        if _FENCE.match(line):
            return "\n".join([*lines[1 : number - 1], ""]), "\n".join(lines[number:]), number + 1
    raise TemplateError(
        "the front matter has no closing `---` line", where=f"{where}:1", hint="add a line `---` before the body"
    )


def blanked(source: Source) -> str:
    """A file's body, with a comment of as many lines in place of its front matter."""
    if not is_template_name(source.name) or not has_front_matter(source.text):
        return source.text
    _, body, line = split(source.text, source.where)
    return "{#" + "\n" * (line - 2) + "#}\n" + body


def is_template_name(name: str) -> bool:
    """Whether a file of this name may be a template: names that start with `_` are for including only."""
    return not name.rpartition("/")[2].startswith("_")


def full_name(name: str, parent: str) -> str:
    """The name under which a file that `parent` includes is known: packs speak of their own files without prefix."""
    pack, colon, path = parent.partition("/") if parent.startswith("pack:") else ("", "", parent)
    if name.startswith("pack:"):
        return name
    if name.startswith(("./", "../")):
        folders = path.split("/")[:-1]
        for part in name.split("/"):
            if part == "..":
                folders = folders[:-1]
            elif part != ".":
                folders = [*folders, part]
        name = "/".join(folders)
    return f"{pack}/{name}" if colon else name
