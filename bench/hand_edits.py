"""Hand edits, by language and kind: each finds a place in a generated file, and can be made again in a later render.

A kind is a function from a text and a random generator to an edit, or to None where the text has no place for it. An
edit is a function from a text to the edited one, or to None where its place is gone. So the right merge of an edit made
in the old render with the new render is that same edit, made in the new render.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from random import Random

Edit = Callable[[str], str | None]
Kind = Callable[[str, Random], Edit | None]


def _class(text: str) -> ast.ClassDef | None:
    return next((node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)), None)


def _fields(text: str) -> dict[str, tuple[int, int, int]]:
    """Fields of the first class: first line, line after the statement, line after the text under it; counted from 0."""
    found: dict[str, tuple[int, int, int]] = {}
    name: str | None = None
    for node in getattr(_class(text), "body", []):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                found[name] = (node.lineno - 1, node.end_lineno or 0, node.end_lineno or 0)
            case ast.Expr(value=ast.Constant(value=str())) if name is not None:
                found[name] = (*found[name][:2], node.end_lineno or 0)
    return found


def _chosen(text: str, random: Random) -> str | None:
    names = sorted(_fields(text))
    return random.choice(names) if names else None


def _after_field(added: str) -> Kind:
    """Lines added after a field and the text under it."""

    def kind(text: str, random: Random) -> Edit | None:
        name = _chosen(text, random)
        return None if name is None else lambda now: _with(now, _fields(now).get(name, (None,) * 3)[2], added)

    return kind


def _before_field(added: str) -> Kind:
    def kind(text: str, random: Random) -> Edit | None:
        name = _chosen(text, random)
        return None if name is None else lambda now: _with(now, _fields(now).get(name, (None,) * 3)[0], added)

    return kind


def _with(text: str, at: int | None, added: str) -> str | None:
    if at is None:
        return None
    lines = text.splitlines(keepends=True)
    return "".join((*lines[:at], added, *lines[at:]))


def _in_field(old: str, new: str) -> Kind:
    """A pattern replaced once in a field or the text under it."""

    def kind(text: str, random: Random) -> Edit | None:
        places = [name for name in sorted(_fields(text)) if re.search(old, _field(text, name) or "")]
        name = random.choice(places) if places else None
        return None if name is None else lambda now: _field_changed(now, name, old, new)

    return kind


def _field(text: str, name: str) -> str | None:
    place = _fields(text).get(name)
    return None if place is None else "".join(text.splitlines(keepends=True)[place[0] : place[2]])


def _field_changed(text: str, name: str, old: str, new: str) -> str | None:
    field = _field(text, name)
    if field is None or not re.search(old, field):
        return None
    return text.replace(field, re.sub(old, new, field, count=1), 1)


def _at_end(added: str) -> Kind:
    """Lines added at the end of the file, and so of its last class."""
    return lambda text, _: None if _class(text) is None else lambda now: f"{now}{added}"


def _replaced(old: str, new: str) -> Kind:
    """A pattern replaced once in the file."""

    def edit(text: str) -> str | None:
        return re.sub(old, new, text, count=1) if re.search(old, text) else None

    return lambda text, _: None if edit(text) is None else edit


def _both(first: Kind, second: Kind) -> Kind:
    def kind(text: str, random: Random) -> Edit | None:
        one, two = first(text, random), second(text, random)
        if one is None or two is None:
            return None
        return lambda now: None if (done := one(now)) is None else two(done)

    return kind


_METHOD = '\n    def described(self) -> str:\n        """What people read."""\n        return str(self)\n'
_CHECK = '\n    @model_validator(mode="after")\n    def checked(self) -> object:\n        return self\n'
PYTHON: Mapping[str, Kind] = {
    "method added at the end": _at_end(_METHOD),
    "method added between fields": _after_field(_METHOD + "\n"),
    "validator added, with its import": _both(
        _at_end(_CHECK), _replaced(r"(?m)^from pydantic import (.*[a-z])$", r"from pydantic import \1, model_validator")
    ),
    "import added": _replaced(r"(?m)^(from|import) (?!__future__)", r"import logging\n\1 "),
    "decorator added": _replaced(r"(?m)^class ", "@registered\nclass "),
    "docstring written anew": _replaced(
        r'(?m)(^class .*:\n    """)(?:[^"]|"(?!""))*"""', r'\1What this house means by it, in its own words."""'
    ),
    "field added": _after_field("    nickname: str | None = None\n"),
    "comment added": _before_field("    # asked of people at the counter\n"),
    "default changed": _in_field(r"default_factory=list", "default_factory=tuple"),
    "constant changed": _in_field(r'(?m)^(    [A-Z_]+ = )"', r'\1"x-'),
    "field renamed": _in_field(r"^    (\w+)", r"    \1_"),
    "line of a text changed": _in_field(r'"""([A-Z][a-z]+) ', r'"""\1, as people say, '),
    "block laid out otherwise": _in_field(r"Field\(\n +(.*)\n +\)", r"Field(\1)"),
    "base class added": _replaced(r"(?m)^class (\w+)\(", r"class \1(Described, "),
    "export added": _replaced(r"(?m)^__all__ = \[\n", '__all__ = [\n    "Zebra",\n'),
}


def _line_added(where: str, added: str) -> Kind:
    """Lines added after a random line of a pattern, found again by its text and how often that stood before."""

    def kind(text: str, random: Random) -> Edit | None:
        lines = text.splitlines(keepends=True)
        found = [at for at, line in enumerate(lines) if re.search(where, line)]
        if not found:
            return None
        chosen = lines[at := random.choice(found)]
        count = lines[:at].count(chosen)

        def edit(now: str) -> str | None:
            places = [at for at, line in enumerate(now.splitlines(keepends=True)) if line == chosen]
            return _with(now, places[count] + 1, added) if len(places) > count else None

        return edit

    return kind


def _ended(added: str) -> Kind:
    return lambda _text, _random: lambda now: now + added


KINDS: Mapping[str, Mapping[str, Kind]] = {
    "python": PYTHON,
    "typescript": {
        "comment added": _line_added(r";$", "  // asked of people at the counter\n"),
        "field added": _line_added(r"^  \w+\??: .*;$", "  nickname?: string;\n"),
        "function added": _ended("\nexport function described(of: object): string {\n  return String(of);\n}\n"),
    },
    "rust": {
        "comment added": _line_added(r",$", "    // asked of people at the counter\n"),
        "field added": _line_added(r"^    pub \w+: .*,$", "    pub nickname: Option<String>,\n"),
        "function added": _ended('\npub fn described() -> &\'static str {\n    "what people read"\n}\n'),
    },
    "go": {
        "comment added": _line_added(r"`$", "\t// asked of people at the counter\n"),
        "field added": _line_added(r"`json:", '\tNickname string `json:"nickname"`\n'),
        "function added": _ended('\nfunc described() string {\n\treturn "what people read"\n}\n'),
    },
    "sql": {
        "comment added": _line_added(r",$", "    -- asked of people at the counter\n"),
        "column added": _line_added(r'^    "?[a-z]\w*"? .*,$', "    nickname text,\n"),
        "statement added": _ended("\nCREATE INDEX nickname_at ON person (nickname);\n"),
    },
    "markdown": {
        "line added": _line_added(r"^[-|] ", "- asked of people at the counter\n"),
        "section added": _ended("\n## What people read\n\nAt the counter.\n"),
    },
}
