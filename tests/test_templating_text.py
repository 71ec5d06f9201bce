"""Literals and comments: no text breaks out of its quotes or its comment."""

from __future__ import annotations

import ast
import datetime as dt
import json
import math
import textwrap
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regen.errors import TemplateError
from regen.model.term import XSD, Iri, Literal
from regen.templating.comments import comment, docstring, wrapped
from regen.templating.literals import go_literal, json_literal, py_literal, rs_literal, sql_literal, ts_literal
from regen.templating.values import python_value
from regen_plugins.languages import LANGUAGES

BY_NAME = {language.name: language for language in LANGUAGES}
TEXT = st.text() | st.text(alphabet="ab \"'\\*/-<>!\n\r\u2028#u{}$`")


def typed(text: str, datatype: str) -> Literal:
    """A literal of an XSD datatype."""
    return Literal(text, XSD + datatype)


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (typed("3", "integer"), 3),
        (typed("3.50", "decimal"), Decimal("3.50")),
        (typed("INF", "double"), math.inf),
        (typed("1", "boolean"), True),
        (typed("2020-01-02", "date"), dt.date(2020, 1, 2)),
        (typed("2020-01-02Z", "date"), dt.date(2020, 1, 2)),
        (typed("2020-01-02T03:04:05Z", "dateTime"), dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=dt.UTC)),
        (typed("03:04:05", "time"), dt.time(3, 4, 5)),
        (typed("0aFF", "hexBinary"), b"\x0a\xff"),
        (typed("many", "integer"), "many"),
        (typed("-0044-03-15", "date"), "-0044-03-15"),
        (typed("1e3", "decimal"), "1e3"),
        (Literal("hallo", language="de"), "hallo"),
    ],
)
def test_a_literal_has_the_value_of_its_datatype(literal: Literal, value: object) -> None:
    """What the datatype does not allow, or Python cannot hold, stays text."""
    found = python_value(literal)
    assert found == value
    assert type(found) is type(value)


@given(TEXT)
def test_python_reads_back_what_was_written(text: str) -> None:
    """A text is the same text in Python, in its source and in one line."""
    written = py_literal(text)
    assert ast.literal_eval(written) == text
    assert len(written.splitlines()) == 1


@given(TEXT.filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)))
def test_json_and_typescript_read_back_what_was_written(text: str) -> None:
    """JSON is what TypeScript reads too; Rust and Go keep a text in one line."""
    assert json.loads(json_literal(text)) == text
    assert json.loads(ts_literal(text)) == text
    for write in (rs_literal, go_literal):
        assert len(write(text).splitlines()) == 1


@given(TEXT.filter(lambda text: "\0" not in text))
def test_sql_quotes_are_doubled(text: str) -> None:
    """Between the outer quotes no quote stands alone."""
    written = sql_literal(text)
    assert written[1:-1].replace("''", "").count("'") == 0
    assert written[1:-1].replace("''", "'") == text


def test_numbers_and_dates_in_each_language() -> None:
    """Values are written as the language's own."""
    half, big, day = typed("0.50", "decimal"), typed(str(2**60), "integer"), typed("2020-01-02", "date")
    assert [py_literal(v) for v in (half, big, day)] == ['Decimal("0.50")', str(2**60), "date(2020, 1, 2)"]
    assert [ts_literal(v) for v in (half, big, day)] == ["0.50", f"{2**60}n", '"2020-01-02"']
    assert [rs_literal(v) for v in (typed("2", "decimal"), big, math.inf)] == ["2.0", str(2**60), "f64::INFINITY"]
    assert [go_literal(v) for v in (half, True, None)] == ["0.50", "true", "nil"]
    assert [sql_literal(v) for v in (half, True, None, day)] == ["0.50", "TRUE", "NULL", "DATE '2020-01-02'"]
    assert py_literal(["a", None, {"b": 1.5}]) == '["a", None, {"b": 1.5}]'
    assert ts_literal(Iri("https://schema.org/Person")) == '"https://schema.org/Person"'
    assert json_literal({"b": [1, half], "a": {}}, 2) == '{\n  "b": [\n    1,\n    0.50\n  ],\n  "a": {}\n}'


def test_values_without_a_literal_are_refused() -> None:
    """SQL holds no NUL, JSON no infinity, Rust no half of a pair."""
    for write, value in ((sql_literal, "a\0b"), (json_literal, math.inf), (rs_literal, "\ud800"), (go_literal, [1])):
        with pytest.raises(TemplateError):
            write(value)


@given(
    TEXT, st.sampled_from(sorted(name for name, known in BY_NAME.items() if known.line_comment or known.block_comment))
)
def test_no_text_breaks_out_of_a_comment(text: str, name: str) -> None:
    """Each line starts with the mark, or the block ends where it ends and nowhere before."""
    language = BY_NAME[name]
    written = comment(text, language)
    if not written:
        return
    if language.line_comment is not None:
        assert all(line.startswith(language.line_comment) for line in written.splitlines())
        assert not any(line.endswith("\\") for line in written.splitlines() if line.startswith("//"))
    else:
        assert language.block_comment is not None
        start, end = language.block_comment
        assert written.startswith(start)
        assert written.index(end, len(start)) == len(written) - len(end)
        assert end != "-->" or "--" not in written[len(start) : -len(end)]


@given(TEXT)
def test_block_style_keeps_the_block(text: str) -> None:
    """A documentation comment of Java or TypeScript ends once."""
    written = comment(text, None, "/**")
    assert not written or written.index("*/") == len(written) - 2


def test_comments_look_as_people_write_them() -> None:
    """One line stays one line; blank lines carry no space; an encoding line does not change the file's encoding."""
    assert comment("one\n\ntwo\n", BY_NAME["python"]) == "# one\n#\n# two"
    assert comment("a */ b", BY_NAME["css"]) == "/* a * / b */"
    assert comment("one\ntwo", None, "/**") == "/**\n * one\n * two\n */"
    assert comment("coding: utf-7", BY_NAME["python"]) == "# coding : utf-7"
    assert comment("a b c d", None, "//", 7) == "// a b\n// c d"
    assert comment(None, BY_NAME["python"]) == ""
    assert comment("\\u000a evil", BY_NAME["java"]) == "// \\ u000a evil"


def test_a_comment_without_language_says_what_to_do() -> None:
    """JSON has no comments; an unknown style is named."""
    for language, style in ((None, None), (BY_NAME["json"], None), (None, "?")):
        with pytest.raises(TemplateError):
            comment("a", language, style)


@given(TEXT)
def test_a_docstring_is_one_string(text: str) -> None:
    """Python finds one docstring that has the text's words, and nothing behind it."""
    written = docstring(text)
    if not written:
        return
    module = ast.parse(f"class A:\n    {written}\n")
    (found,) = module.body
    assert isinstance(found, ast.ClassDef)
    assert len(found.body) == 1
    kept = "".join((ast.get_docstring(found) or "").split())
    assert kept == "".join("".join(line.split()) for line in "".join(_visible(text)).splitlines())


def _visible(text: str) -> str:
    return "".join(c if (c >= " " and not "\x7f" <= c <= "\x9f") or c in "\n\t" else "\n" for c in text)


def test_wrapping_keeps_paragraphs_and_long_words() -> None:
    """Lines are at most as wide as asked, but for a word that is longer."""
    assert wrapped("aa bb cc\n\ndddddddd e", 5) == "aa bb\ncc\n\ndddddddd\ne"
    assert wrapped("aa bb", 2, "  ") == "aa\n  bb"
    assert wrapped(None) == ""


@given(st.text("ab \t\u00a0-") | TEXT, st.integers(-1, 12))
def test_wrapping_is_what_textwrap_does(text: str, width: int) -> None:
    expected: list[str] = []
    for line in text.splitlines():
        expected += textwrap.wrap(line, max(width, 1), break_long_words=False, break_on_hyphens=False) or [""]
    assert wrapped(text, width) == "\n".join(expected)
