"""Cleaning blanks: what means nothing goes, what means something stays, and twice is as once."""

from __future__ import annotations

import ast
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regen_plugins.format_whitespace import regen_format

LANGUAGES = ["python", "typescript", "javascript", "rust", "go", "sql", "json", "yaml", "toml", "markdown"]


def formatted(language: str | None, text: str) -> str:
    answer = regen_format("a.x", language, text.encode())
    return text if answer is None else answer.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_blanks_at_line_ends_go_and_the_file_ends_with_one_newline(language: str) -> None:
    plain = {"json": "{}", "markdown": "text", "toml": "a = 1", "yaml": "a: 1", "sql": "SELECT 1;", "go": "package a"}
    line = plain.get(language, "f();" if language != "python" else "f()")
    assert formatted(language, f"{line} \n\n\n\n\n{line}\t\n\n\n") == f"{line}\n\n\n{line}\n"
    assert formatted(language, line) == f"{line}\n"
    assert formatted(language, "\n \n") == ""
    assert formatted(language, f"{line} \r\n{line}") == f"{line}\r\n{line}\r\n"


KEPT = [
    ("python", 'x = """a  \n\n\n\n\nb \n"""\n'),
    ("python", "def f():\n    '''Doc.  \n\n\n\n    More.\n    '''\n"),
    ("python", 'x = f"""{1}  \n\n\n\n{2}"""\n'),
    ("python", "x = 'a  \\\n  b'\n"),
    ("python", 'x = """broken  \n\n\n\n\n'),
    ("typescript", "const a = `x  \n\n\n\n\n${b} `;\n"),
    ("javascript", "const a = `x  \n\n\n\n\n${b} `;\n"),
    ("go", "package a\n\nvar x = `a  \n\n\n\n\nb`\n"),
    ("rust", 'const X: &str = "a  \n\n\n\n\nb";\n'),
    ("rust", 'const X: &str = r#"a  \n\n\n\n\n"b"#;\n'),
    ("sql", "INSERT INTO a VALUES ('x  \n\n\n\n\ny');\n"),
    ("sql", "CREATE FUNCTION f() AS $b$ x  \n\n\n\n\ny $b$;\n"),
    ("yaml", "a: |+\n  x  \n\n\n\n\n"),
    ("yaml", 'a: "x  \n\n\n\n\n  y"\n'),
    ("toml", 'a = """x  \n\n\n\n\n"""\n'),
    ("markdown", "```\nx  \n\n\n\n\ny\t\n```\n"),
    ("markdown", "one  \ntwo\n"),
    ("markdown", "    code  \n\n\n\n\n    more\n"),
    (None, "x  \n\n\n\n\n"),
    ("latin", "x  \n\n\n\n\n"),
]


@pytest.mark.parametrize(("language", "text"), KEPT)
def test_what_means_something_stays(language: str | None, text: str) -> None:
    assert formatted(language, text) == text


def test_lines_around_a_string_are_cleaned() -> None:
    assert formatted("python", 'x = 1  \ny = """a  \n"""  \n\n\n\n\nz = 2') == 'x = 1\ny = """a  \n"""\n\n\nz = 2\n'


def test_bytes_that_are_no_utf8_are_left_to_the_next_plugin() -> None:
    assert regen_format("a.py", "python", b"x = '\xff'  \n") is None


PIECES = st.sampled_from(
    [
        "x = 1",
        "  ",
        "\n",
        "\n\n\n\n",
        '"""',
        "'''",
        "`",
        "```",
        "'",
        '"',
        "#",
        "--",
        "$$",
        "    code",
        "> q",
        "- a",
        "|",
        "\t",
        "\\",
        "\r\n",
    ]
)


@given(st.sampled_from(LANGUAGES), st.lists(PIECES, max_size=14).map("".join))
def test_formatting_twice_gives_what_once_gives(language: str, text: str) -> None:
    once = formatted(language, text)
    assert formatted(language, once) == once


@given(st.lists(PIECES, max_size=14).map("".join))
def test_python_means_the_same_afterwards(text: str) -> None:
    try:
        before = ast.dump(ast.parse(text))
    except (SyntaxError, ValueError):
        return
    assert ast.dump(ast.parse(formatted("python", text))) == before


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner, max_size=3), max_leaves=6))
def test_json_means_the_same_afterwards(value: object) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    assert json.loads(formatted("json", text)) == value
