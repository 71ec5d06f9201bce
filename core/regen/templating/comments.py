"""Comments: any text becomes comment lines or a docstring that it cannot break out of."""

from __future__ import annotations

import re
import textwrap

from regen.errors import TemplateError
from regen.model.language import Language

# What a style may be called beside a language's name: (start of each line, closing part of a block).
_BLOCKS = {"/*": ("/*", "*/"), "/**": ("/**", "*/"), "<!--": ("<!--", "-->")}
_LINE_MARKS = frozenset({"#", "//", "///", "//!", "--", ";", ";;", "%", "'", '"'})
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_CODING = re.compile(r"(coding)([:=])")  # PEP 263: in the first two lines it would change the file's encoding


def text_lines(text: object) -> list[str]:
    """Lines of a text, whatever breaks them, without control characters, without space at their ends."""
    whole = str(text).strip()
    if whole.isprintable():
        return [whole] if whole else []
    return [_CONTROL.sub("", line).rstrip() for line in whole.splitlines()]


def comment(text: object, language: Language | None, style: str | None = None, width: int | None = None) -> str:
    """Comment lines that hold a text.

    Args:
        text: an unbound value gives nothing.
        language: says how comments look; None where `style` does.
        style: "#", "//", "///", "--", ";", "%", "/*", "/**" or "<!--".
        width: wrap the text so that no line is longer; None leaves lines as they are.

    Raises:
        TemplateError: neither says how a comment looks.
    """
    line_mark, block = _marks(language, style)
    lines = text_lines(text) if text is not None else []
    if not lines:
        return ""
    if line_mark is not None:
        safe = [_safe_line(line, line_mark) for line in _wrapped(lines, width, len(line_mark) + 1)]
        return "\n".join(f"{line_mark} {line}".rstrip() for line in safe)
    start, end = block
    lines = [_safe_in_block(line, end) for line in _wrapped(lines, width, 3)]
    if len(lines) == 1:
        return f"{start} {lines[0]} {end}"
    inner = " * " if end == "*/" else "  "
    return "\n".join([start, *(f"{inner}{line}".rstrip() for line in lines), f" {end}" if end == "*/" else end])


def _marks(language: Language | None, style: str | None) -> tuple[str | None, tuple[str, str]]:
    if style in _LINE_MARKS:
        return style, ("", "")
    if style in _BLOCKS:
        return None, _BLOCKS[style]
    if style is not None:
        known = ", ".join(sorted(_LINE_MARKS | _BLOCKS.keys()))
        raise TemplateError(f"there is no comment style {style!r}", hint=f"take a language's name or one of {known}")
    if language is None:
        raise TemplateError(
            "no language says how a comment looks", hint='add `language:` to the front matter, or write `comment("#")`'
        )
    if language.line_comment is not None:
        return language.line_comment, ("", "")
    if language.block_comment is not None:
        return None, language.block_comment
    raise TemplateError(f"{language.name} has no comments", hint="leave the text out")


def _wrapped(lines: list[str], width: int | None, taken: int) -> list[str]:
    return wrapped("\n".join(lines), width - taken).split("\n") if width is not None else lines


def _safe_line(line: str, mark: str) -> str:
    """A line that does not go on in the next one (C), end early (Java's escapes), or name an encoding (Python)."""
    if mark.startswith("//"):
        line = line.replace("\\u", "\\ u")
        return f"{line} ." if line.endswith("\\") else line
    return _CODING.sub(r"\1 \2", line) if mark == "#" else line


def _safe_in_block(line: str, end: str) -> str:
    if end == "-->":
        line = re.sub(r"-(?=-)", "- ", line)
        return f" {line}" if line.startswith((">", "->")) else line
    return line.replace("*/", "* /").replace("/*", "/ *").replace("\\u", "\\ u").replace("*/", "* /")


def docstring(text: object, indent: int = 4) -> str:
    """A Python docstring with its quotes; lines after the first are indented by `indent` spaces.

    An unbound or empty value gives nothing.
    """
    lines = text_lines(text) if text is not None else []
    if not lines:
        return ""
    safe = [_quotable(line) for line in lines]
    if len(lines) == 1 and lines[0].endswith('"'):
        safe = [_quotable(lines[0][:-1]) + '\\"']
    space = " " * indent
    body = "\n".join([safe[0], *(f"{space}{line}".rstrip() for line in safe[1:])])
    return f'"""{body}"""' if len(safe) == 1 else f'"""{body}\n{space}"""'


def _quotable(line: str) -> str:
    return line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def wrapped(text: object, width: int = 79, indent: str = "") -> str:
    """Text in lines of at most `width` characters; paragraphs stay apart; a longer word stays whole."""
    width = max(width, 1)
    lines: list[str] = []
    for line in str(text).splitlines() if text is not None else []:
        if line.isprintable() and line[:1] != " ":
            lines += _cut(line.rstrip(" "), width)
        else:
            lines += textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]
    return f"\n{indent}".join(lines)


def _cut(line: str, width: int) -> list[str]:
    """What textwrap makes of a line whose only white space is spaces behind words, in a tenth of the time.

    Why: wrapping comments was a quarter of the time of a pack; tests/test_templating_text.py compares the two.
    """
    lines: list[str] = []
    while len(line) > width:
        place = line.rfind(" ", 0, width + 1)
        if place < 0:
            place = line.find(" ")
            if place < 0:
                break
        lines.append(line[:place].rstrip(" "))
        line = line[place:].lstrip(" ")
    lines.append(line)
    return lines
