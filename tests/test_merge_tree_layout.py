"""Merging by structure keeps how a file is written: line ends, indentation, comments, what a formatter did."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.merge_tree_world import changed, clean, conflict, merged, structure

from regen.hooks.dispatch import Hooks
from regen.hooks.manager import PluginManager
from regen.model.merge import Merged, ThreeWay
from regen.model.settings import PluginSettings
from regen_plugins.merge_tree import regen_merge, regen_structure

TS = """\
// Generated.

/** A person. */
export class Person {
  name: string;
  age: number;

  greet(other: Person): string {
    const text = `Hello ${other.name}`;
    return text;
  }
}
"""
OURS = changed(TS, ("  age: number;\n", "  age: number;\n  mine: boolean;\n"))
THEIRS = changed(TS, ("  name: string;\n", "  id: string;\n  name: string;\n"))
BOTH = changed(OURS, ("  name: string;\n", "  id: string;\n  name: string;\n"))


def raw(base: bytes, ours: bytes, theirs: bytes, language: str = "typescript") -> Merged | None:
    return regen_merge(ThreeWay("a.ts", language, base, ours, theirs, structure=structure(language)))


def test_line_ends_are_yours_and_what_one_side_changed_is_taken() -> None:
    base, ours, theirs = (text.encode() for text in (TS, OURS, THEIRS))
    crlf = ours.replace(b"\n", b"\r\n")
    answer = raw(base, crlf, theirs)
    assert answer is not None
    assert answer.content == BOTH.encode().replace(b"\n", b"\r\n")
    answer = raw(base, b"\xef\xbb\xbf" + ours, theirs[:-1])
    assert answer is not None
    assert answer.content == b"\xef\xbb\xbf" + BOTH.encode()[:-1]
    answer = raw(base.replace(b"\n", b"\r\n"), crlf, theirs.replace(b"\n", b"\r\n"))
    assert answer is not None
    assert (answer.content, answer.how) == (BOTH.encode().replace(b"\n", b"\r\n"), "structure")


def test_a_conflict_is_marked_in_your_line_ends() -> None:
    ours, theirs = (changed(TS, ("age: number", f"age: {kind}")).encode() for kind in ("bigint", "string"))
    answer = raw(TS.encode(), ours.replace(b"\n", b"\r\n"), theirs)
    assert answer is not None
    assert answer.marked is not None
    assert b"<<<<<<< ours\r\n  age: bigint;\r\n||||||| base\r\n  age: number;\r\n=======\r\n" in answer.marked
    assert answer.marked.count(b"\n") == answer.marked.count(b"\r\n")


@pytest.mark.parametrize(
    "side",
    [b"class A {\xff}\n", b"class A {}\r\nclass B {}\n", b"class A {\0}\n", b"class A {\n"],
    ids=["no UTF-8", "mixed line ends", "no text", "does not parse"],
)
def test_what_is_not_read_is_left_to_lines(side: bytes) -> None:
    assert raw(b"class A {}\n", side, b"class A { x = 1 }\n") is None
    assert raw(side, b"class A {}\n", b"class A { x = 1 }\n") is None
    assert raw(b"class A {}\n", b"class A { x = 1 }\n", side) is None


def test_without_a_base_or_a_description_it_is_left_to_lines() -> None:
    described = structure("java")
    assert regen_merge(ThreeWay("A.java", "java", None, b"class A {}", b"class B {}", structure=described)) is None
    assert regen_merge(ThreeWay("A.java", "java", b"", b"class A {}", b"class B {}")) is None
    assert regen_structure("cobol") is None


@pytest.mark.anyio
async def test_a_strategy_of_the_project_takes_files_from_it() -> None:
    three = ThreeWay("out/a.ts", "typescript", TS.encode(), OURS.encode(), THEIRS.encode())
    for files, how in (("typescript", "lines"), ("out/*", "lines"), ("java", "structure"), ("*.js", "structure")):
        hooks = Hooks(PluginManager())
        await hooks.configure(PluginSettings(strategies=((files, "lines"), ("*", "three-way"))))
        answer = await hooks.merge(three)
        assert answer is not None
        assert answer.how == how


def test_empty_files_and_files_of_comments() -> None:
    assert clean("typescript", "", "// mine\n", "class A {}\n") in {"// mine\nclass A {}\n", "class A {}\n// mine\n"}
    assert (
        clean("go", "package a\n", "package a\n\nvar x = 1\n", "// A.\npackage a\n")
        == "// A.\npackage a\n\nvar x = 1\n"
    )
    assert (
        merged("rust", "// a\n// b\n// c\n", "// A\n// b\n// c\n", "// a\n// b\n// C\n").content
        == b"// A\n// b\n// C\n"
    )


def test_a_formatter_that_ran_on_your_side_does_not_stand_in_the_way() -> None:
    ours = TS.replace("  ", "    ").replace("greet(other: Person)", "greet(\n        other: Person,\n    )")
    theirs = changed(
        THEIRS,
        ("Hello", "Good day"),
        ("  age: number;\n", "  age: number;\n\n  f() {\n    if (x) {\n      y();\n    }\n  }\n"),
    )
    text = clean("typescript", TS, ours, theirs)
    assert "export class Person {\n    id: string;\n    name: string;\n" in text
    assert "\n    f() {\n      if (x) {\n        y();\n      }\n    }\n" in text
    assert "    greet(\n        other: Person,\n    ): string {\n" in text
    assert "Good day" in text


def test_a_formatter_that_ran_on_the_template_does_not_undo_your_edit() -> None:
    theirs = TS.replace("  ", "\t").replace("const text = `", "const text =\n\t\t\t`")
    text = clean("typescript", TS, changed(OURS, ("return text;", "return text.trim();")), theirs)
    assert "\tmine: boolean;\n" in text
    assert "return text.trim();" in text


def test_text_inside_strings_is_not_indented() -> None:
    ours = TS.replace("  ", "    ")
    member = "  help(): string {\n    return `\n  a\n    b\n`;\n  }\n"
    theirs = changed(TS, ("  greet", f"{member}\n  greet"))
    assert "`\n  a\n    b\n`" in clean("typescript", TS, ours, theirs)


def test_a_trailing_comma_or_semicolon_is_no_edit() -> None:
    base = "const a = [\n  1,\n  2\n]\n"
    ours = "const a = [\n  1,\n  2,\n];\n"
    assert clean("javascript", base, ours, base.replace("1,", "1,\n  5,")) == "const a = [\n  1,\n  5,\n  2,\n];\n"


def test_comments_stay_with_what_they_are_about() -> None:
    ours = changed(
        TS,
        ("  age: number;\n", "  age: number; // in years\n"),
        ("  greet", "  // Mine: says hello.\n  greet"),
        ("export class", "// eslint-disable-next-line\nexport class"),
    )
    theirs = changed(THEIRS, ("  age: number;\n", "  age: bigint;\n"), ("other: Person", "other: Named"))
    assert clean("typescript", TS, ours, theirs) == changed(
        ours,
        ("  name: string;\n", "  id: string;\n  name: string;\n"),
        ("age: number", "age: bigint"),
        ("other: Person", "other: Named"),
    )


def test_a_comment_at_the_end_of_a_line_takes_no_code_along() -> None:
    base = "enum A { X = 1 }\n"
    ours = "enum A { X = 1, // mine\n}\n"
    theirs = "enum A { X = 1, Y = 2 }\n"
    text = clean("typescript", base, ours, theirs)
    assert "Y = 2" in "".join(line.partition("//")[0] for line in text.splitlines())


def test_the_head_of_a_file_stays_at_its_head() -> None:
    base = "// Generated.\nimport { b } from 'b';\n\nb();\n"
    ours = changed(base, ("// Generated.\n", "// Generated.\n// Mine.\n"))
    theirs = changed(base, ("import", "import { a } from 'a';\nimport"))
    assert clean("typescript", base, ours, theirs) == (
        "// Generated.\n// Mine.\nimport { a } from 'a';\nimport { b } from 'b';\n\nb();\n"
    )
    result = conflict("typescript", base, changed(ours, ("Mine", "Mine 1")), changed(ours, ("Mine", "Theirs")))
    assert result.conflicts[0].message == "your edit and the template both changed the start of the file"


def test_members_that_come_first_get_the_blank_line_that_separates_them() -> None:
    base = "class A {\n  f() {}\n}\n"
    ours = "class A {\n  g() {}\n\n  f() {}\n}\n"
    theirs = "class A {\n  h() {}\n\n  f() {}\n}\n"
    assert clean("javascript", base, ours, theirs) == "class A {\n  h() {}\n\n  g() {}\n\n  f() {}\n}\n"
    empty = "class A {}\n"
    both = [f"class A {{\n  {name}() {{}}\n}}\n" for name in "gh"]
    assert clean("javascript", empty, *both).count("\n") == 4


def test_lines_that_do_not_fit_together_are_a_conflict_of_their_declaration() -> None:
    base = "class A {\n  f() {\n    if (x) {\n      a();\n      b();\n    }\n    c();\n  }\n}\n"
    ours = base.replace("    if (x) {\n", "").replace("    }\n    c", "    c")
    theirs = base.replace("    }\n    c();\n", "    c();\n    }\n")
    result = merged("javascript", base, ours, theirs)
    assert result.content is None
    assert result.how == "structure"
    assert {found.message for found in result.conflicts} == {
        "your edit and the template both changed the body of method `f` of class `A`"
    }


def test_ten_thousand_lines_are_merged_in_a_moment() -> None:
    """No timed assertion: a merge that is quadratic in members would take minutes here."""
    members = "".join(
        f"\n  /** {i}. */\n  m{i}(a: number): number {{\n    return a + {i};\n  }}\n" for i in range(2000)
    )
    base = f"export class A {{{members}}}\n"
    ours = changed(base, ("a + 5;", "a - 5;"), ("  m7(", "  @Mine()\n  m7("))
    theirs = changed(base, ("m9(a: number)", "m9(a: bigint)"), ("a + 11;\n", "a + 11;\n\n    // eleven\n"))
    answer = merged("typescript", base, ours, theirs)
    assert answer.content is not None
    assert answer.content.count(b"\n") == base.count("\n") + 3


def test_thousands_of_one_name_are_told_apart() -> None:
    lines = "".join(f"	_ I = A{number}{{}}\n" for number in range(3000))
    base = f"package a\n\nvar (\n{lines})\n"
    ours, theirs = (changed(base, (f"A{number}{{}}", f"A{number}{{1}}")) for number in (7, 70))
    assert merged("go", base, ours, theirs).content == changed(ours, ("A70{}", "A70{1}")).encode()


def test_nested_beyond_measure_is_left_to_lines_or_merged() -> None:
    deep = "const a = " + "{ x: " * 2000 + "1" + " }" * 2000 + ";\n"
    sides = (deep, deep.replace("1", "2"), deep.replace("const a", "const b"))
    base, ours, theirs = (side.encode() for side in sides)
    answer = raw(base, ours, theirs)
    assert answer is None or answer.conflicts or answer.content == ours.replace(b"const a", b"const b")


def test_tree_sitter_is_not_imported_before_a_file_is_merged() -> None:
    code = (
        "import sys; from regen.hooks.manager import PluginManager; PluginManager()\n"
        "assert not any(name.startswith(('tree_sitter', 'regen_plugins.grammars')) for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
