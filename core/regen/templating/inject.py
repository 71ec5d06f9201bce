"""Inject: a rendered text goes into a file that somebody else writes, once, and is found there again.

Why markers: the text of the next render has to replace this one, wherever people moved it, also when the state is
lost. So the text stands between two comment lines that name its artifact. Where the language has no comments, a text
that is there already is left alone, and one that is not is put in; it is never replaced.
"""

from __future__ import annotations

import re

from regen.errors import TemplateError
from regen.model.language import Language
from regen.model.template import Inject
from regen.templating.comments import comment


def apply_inject(
    existing: bytes, inject: Inject, text: bytes, *, name: str, language: Language | None, where: str
) -> bytes:
    """The file with the text in it; doing it twice gives the same bytes.

    Args:
        existing: the file as it is.
        inject: where the text goes, if it is not there yet.
        text: the new render.
        name: what tells the text from others in the file, such as the template's name and the key.
        language: of the file; says how the markers look.
        where: the template, for messages.

    Raises:
        TemplateError: the markers are damaged, or no line fits `before`, `after` or `at_line`.
    """
    lines = _lines(existing, where)
    new = _lines(text, where)
    marks = _marks(name, language)
    if marks is not None:
        new = [marks[0], *new, marks[1]]
        place = _between(lines, marks, where)
        if place is not None:
            indent = re.match(r"[ \t]*", lines[place[0]])
            lines[place[0] : place[1] + 1] = _indented(new, indent.group() if indent else "")
            return _joined(lines, existing)
    if (inject.skip_if is not None and inject.skip_if in "\n".join(lines)) or _holds(lines, new):
        return existing
    at = _place(lines, inject, where)
    lines[at:at] = new
    return _joined(lines, existing)


def remove_inject(existing: bytes, *, name: str, language: Language | None, where: str) -> bytes:
    """The file without the text that `apply_inject` put between its markers; unchanged where there are none.

    Raises:
        TemplateError: the markers are damaged.
    """
    lines = _lines(existing, where)
    marks = _marks(name, language)
    place = _between(lines, marks, where) if marks is not None else None
    if place is None:
        return existing
    del lines[place[0] : place[1] + 1]
    return _joined(lines, existing)


def _lines(content: bytes, where: str) -> list[str]:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise TemplateError(
            "the file to inject into is no UTF-8", where=where, hint="save it in the encoding UTF-8"
        ) from error
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _joined(lines: list[str], existing: bytes) -> bytes:
    """Lines as a file, with the line ends of the file as it was."""
    ending = "\r\n" if b"\r\n" in existing else "\n"
    return "".join(line + ending for line in lines).encode()


def _marks(name: str, language: Language | None) -> tuple[str, str] | None:
    if language is None or not (language.line_comment or language.block_comment):
        return None
    return comment(f"regen: begin {name}", language), comment(f"regen: end {name}", language)


def _between(lines: list[str], marks: tuple[str, str], where: str) -> tuple[int, int] | None:
    """Places of the two markers; None where there are none."""
    begins, ends = ([i for i, line in enumerate(lines) if line.strip() == mark] for mark in marks)
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
        raise TemplateError(
            f"the markers {marks[0]!r} and {marks[1]!r} do not stand once each, one after the other",
            where=where,
            hint="mend them in the file, or delete both with what is between them",
        )
    return begins[0], ends[0]


def _indented(lines: list[str], indent: str) -> list[str]:
    """The lines, as far to the right as people moved the marker."""
    own = re.match(r"[ \t]*", lines[0])
    if own is not None and own.group() == indent:
        return lines
    return [f"{indent}{line}" if line else line for line in lines]


def _holds(lines: list[str], new: list[str]) -> bool:
    return not new or any(lines[i : i + len(new)] == new for i in range(len(lines) - len(new) + 1))


def _place(lines: list[str], inject: Inject, where: str) -> int:
    match inject.place:
        case "prepend":
            return 0
        case "append":
            return len(lines)
        case "at_line":
            line = int(inject.pattern or 1)
            if line > len(lines) + 1:
                raise TemplateError(
                    f"`at_line` is {line}, but the file has {len(lines)} lines", where=where, hint="use `append: true`"
                )
            return line - 1
    pattern = inject.pattern or ""
    found = next((i for i, line in enumerate(lines) if re.search(pattern, line)), None)
    if found is None:
        raise TemplateError(
            f"no line of the file fits `{inject.place}: {pattern}`", where=where, hint="change the pattern or the file"
        )
    return found + (inject.place == "after")
