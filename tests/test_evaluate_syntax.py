"""The syntax gate: each language's slips are found with line and text; what is right passes without a word."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regen.model.candidate import GeneratedFile
from regen.model.finding import Finding
from regen_plugins.evaluate_syntax import markdown, regen_evaluate_file


def findings(language: str | None, text: str | bytes, path: str = "a.x") -> list[Finding]:
    content = text if isinstance(text, bytes) else text.encode()
    return list(regen_evaluate_file(GeneratedFile(path, language, content)) or ())


GOOD = [
    ("python", "class A:\n    x: int = 1\n\n    def f(self) -> int:\n        return self.x\n"),
    ("python", ""),
    ("python", "\ufeffx = 1\r\n"),
    ("typescript", "export interface A { readonly x: number; }\nexport const s = z.object({ a: z.string() });\n"),
    ("javascript", "const f = (x) => <b>{x}</b>;\n"),
    ("rust", "#[derive(Debug)]\npub struct A<'a> { pub x: Option<&'a str> }\n"),
    ("go", 'package a\n\ntype A struct {\n\tX string `json:"x"`\n}\n'),
    ("java", 'package a;\n\npublic record A(int x) {\n    @Override\n    public String toString() { return ""; }\n}\n'),
    ("csharp", "namespace A;\n\npublic class B : C\n{\n    public int X { get; init; } = 1;\n}\n"),
    ("sql", "CREATE TABLE a (\n  id TEXT PRIMARY KEY, -- the key\n  b TEXT REFERENCES c (id)\n);\n"),
    ("sql", 'create table "order" (a serial primary key, b timestamp with time zone not null default now());'),
    ("sql", "INSERT INTO a (b) VALUES ('it''s; (', 3);\nPRAGMA foreign_keys = ON;\n"),
    ("sql", "CREATE TYPE mood AS ENUM ('a', 'b');\nCREATE DOMAIN d AS text CHECK (VALUE ~ '^a');\n"),
    ("sql", "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, n INT CHECK (n IN (1, 2))) STRICT;\n"),
    ("sql", "CREATE TRIGGER t BEFORE INSERT ON x BEGIN SELECT 1; END;\n"),
    ("sql", "SELECT rank() OVER (ORDER BY a) FROM b WHERE c IN (SELECT d FROM e);\n"),
    ("sql", "-- nothing yet\n"),
    ("json", '{"a": [1, 2, null]}'),
    ("yaml", "a: &x [1, 2]\nb: *x\n---\nc: !Ref d\n"),
    ("toml", "[a]\nb = 1\n"),
    ("markdown", "# A\n\n[x](y.md)\n\n```python\nx = 1\n```\n\n- [ ] todo (see above)\n"),
    ("markdown", "```mermaid\nclassDiagram\n  class A {\n    +String x\n  }\n  A <|-- B\n```\n"),
    ("markdown", '```mermaid\nflowchart LR\n  subgraph s ["a (b"]\n    A[x] --> B{y}\n  end\n```\n'),
    ("markdown", "```mermaid\nerDiagram\n  A ||--o{ B : has\n  A {\n    string x PK\n  }\n```\n"),
    ("markdown", "```mermaid\nsequenceDiagram\n  loop x\n    A->>B: hi\n  end\n```\n"),
]


@pytest.mark.parametrize(("language", "text"), GOOD)
def test_what_is_right_passes(language: str, text: str) -> None:
    assert findings(language, text) == []


BAD = [
    ("python", "x = 1\ny = = 2\n", 2, "invalid syntax, near `y = = 2`"),
    ("python", "def f():\nreturn 1\n", 2, "expected an indented block"),
    ("python", "return 1\n", 1, "'return' outside function"),
    ("python", "def f(a, a): ...\n", 1, "duplicate argument 'a'"),
    ("python", "x = (1,\n", 1, "'(' was never closed"),
    ("typescript", "export interface A {\n  x: number\n", 2, "`}` is missing, near `x: number`"),
    ("typescript", "const a = ;\n", 1, "near `const a = ;`"),
    ("rust", "pub struct A {\n  pub x String,\n}\n", 2, "near `pub x String,`"),
    ("go", "package a\n\nfunc f( {\n}\n", 3, "near `func f( {`"),
    ("java", "class A {\n    int x\n}\n", 2, "`;` is missing, near `int x`"),
    ("csharp", "class A\n{\n    int F( {\n}\n", 3, "near `int F( {`"),
    ("sql", "CREATE TABLE a (\n  x INT,\n);\n", 3, "a comma stands before `)`"),
    ("sql", "CREATE TABLE a (\n  x INT\n  y INT\n);\n", 3, "near `y INT`"),
    ("sql", "SELECT 1;\nCREATE TABLE a (x INT;\n", 2, "`(` is never closed"),
    ("sql", "CREATE TABLE a (x INT);\nCREATE TABL b (x INT);\n", 2, "this defines nothing that SQL knows"),
    ("sql", "CREATE TABLE a (\n  id INT,\n  order INT\n);\n", 3, "`order` is a keyword"),
    ("sql", "COMMENT ON TABLE a IS 'it's';\n", 1, "near `COMMENT ON TABLE a IS 'it's';`"),
    ("json", '{"a": 1,\n "b": }', 2, "Expecting value"),
    ("yaml", "a: 1\nb: [1, 2\nc: 3\n", 3, "did not find expected ',' or ']'"),
    ("yaml", "a: *nobody\n", 1, "undefined alias"),
    ("toml", "a = 1\nb = \n", 2, "Invalid value"),
    ("markdown", "text\n\n```python\nx = 1\n", 3, "the code block that starts with ```python is never closed"),
    ("markdown", "```mermaid\nclasDiagram\n  A\n```\n", 2, "`clasDiagram` is no kind of diagram"),
    ("markdown", "```mermaid\nclassDiagram\n  class A {\n    x\n```\n", 3, "`{` is never closed"),
    ("markdown", "```mermaid\nflowchart LR\n  A[x --> B\n```\n", 3, "`[` is never closed"),
    ("markdown", "```mermaid\nsequenceDiagram\n  loop x\n```\n", 3, "`loop` has no `end`"),
    ("markdown", "```mermaid\n\n```\n", 2, "the diagram is empty"),
]


@pytest.mark.parametrize(("language", "text", "line", "message"), BAD)
def test_a_slip_is_found_with_its_line_and_what_is_wrong(language: str, text: str, line: int, message: str) -> None:
    first = findings(language, text)[0]
    assert (first.severity, first.gate, first.line) == ("error", "syntax", line)
    assert message in first.message
    assert first.hint == f"`regen why a.x:{line}` names the template and the data that wrote this"


DOUBTFUL = [
    ("python", 'x = "\\d"\n', "invalid escape sequence '\\d'"),
    ("json", '{"a": 1, "a": 2}', "the key 'a' stands twice"),
    ("yaml", "a: 1\nb: {c: 1, c: 2}\n", "the key 'c' stands twice"),
    ("markdown", "see [the class]() here\n", "a link leads nowhere"),
    ("markdown", "see [the class](a b.md) here\n", "`[the class](a b.md)` is written as a link but is none"),
    ("markdown", "see [the class][nowhere] here\n", "`[the class][nowhere]` is written as a link but is none"),
]


@pytest.mark.parametrize(("language", "text", "message"), DOUBTFUL)
def test_what_is_only_doubtful_is_a_warning(language: str, text: str, message: str) -> None:
    (found,) = findings(language, text)
    assert found.severity == "warning"
    assert message in found.message


@pytest.mark.parametrize("language", ["python", "markdown", "sql", None])
def test_conflict_markers_that_were_left_are_an_error_in_every_text(language: str | None) -> None:
    text = "a\n<<<<<<< ours\nb\n||||||| base\n=======\nc\n>>>>>>> theirs\n"
    (found,) = findings(language, text, "a.txt")
    assert (found.line, found.severity) == (2, "error")
    assert found.hint is not None
    assert "regen resolve a.txt --merged" in found.hint


def test_a_line_of_signs_alone_is_no_conflict_marker() -> None:
    assert findings("markdown", "Title\n=======\n\n>>>>>>> deep quote\n") == []


def test_bytes_that_are_no_utf8_are_an_error_in_a_known_language_only() -> None:
    (found,) = findings("python", b"x = 1\ny = '\xff'\n")
    assert (found.line, found.message) == (2, "byte 0xff is no UTF-8")
    assert findings(None, b"\xff\xfe") == []
    assert findings(None, b"\0\1") == []


def test_tsx_is_known_by_its_name() -> None:
    assert findings("typescript", "export const A = () => <b>x</b>;\n", "a.tsx") == []
    assert findings("typescript", "export const A = () => <b>x</b>;\n", "a.ts") != []


def test_a_broken_tree_is_told_in_a_few_findings() -> None:
    assert 1 <= len(findings("rust", "}{ )( \n" * 50)) <= 5


@pytest.mark.parametrize("name", ["abstract", "declare", "override", "static", "async", "accessor"])
def test_members_of_typescript_may_be_called_like_modifiers(name: str) -> None:
    text = f"export interface A {{\n  about?: string[];\n  {name}?: string[];\n  after: number;\n}}\n"
    assert not regen_evaluate_file(GeneratedFile("a.ts", "typescript", text.encode()))


def test_keywords_of_sql_inside_of_texts_are_no_names() -> None:
    text = "INSERT INTO a.b (id, name) VALUES\n    ('x', 'games, where you play on the same team'),\n    ('y', NULL);\n"
    assert not regen_evaluate_file(GeneratedFile("a.sql", "sql", text.encode()))


_PIECES = ["```", "~~~", "````", "mermaid", "flowchart LR", "[a](b)", "[a]()", "[a](b c)", "[a][b]", "\\", "`", "> "]


@given(st.lists(st.sampled_from([*_PIECES, "\n", "\n", "x", " ", "<pre>", "- ", "|"]), max_size=24).map("".join))
def test_pages_that_are_not_parsed_have_no_fault_that_parsing_finds(text: str) -> None:
    """The quick way accepts only what the parser accepts."""
    quick = markdown._plain_fences(text)
    if quick is not None and not quick:
        with patch.object(markdown, "_plain_fences", lambda _: None):
            assert not [fault for fault in markdown.read(text, "a.md") if "Mermaid" not in fault.message]
