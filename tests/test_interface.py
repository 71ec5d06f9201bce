"""Public interfaces: what of a difference between two versions of files breaks who used the older one."""

from __future__ import annotations

import re

import anyio
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.interface_world import LANGUAGES, MODELS, Model, changes, plugins, told, write

from regen.errors import PluginError
from regen.hooks import hookimpl
from regen.hooks.dispatch import Hooks
from regen.hooks.manager import PluginManager
from regen.model.interface import Changed, InterfaceChange, TwoVersions, bump_of
from regen.model.semver import Bump, next_version

languages = pytest.mark.parametrize("language", LANGUAGES)


def compared(language: str, before: Model, after: Model) -> list[InterfaceChange]:
    path = LANGUAGES[language].path
    sides = write(language, before), write(language, after)
    return [] if sides[0] == sides[1] else anyio.run(changes, language, (path, *sides))


@languages
@settings(deadline=None, max_examples=40)
@given(model=MODELS)
def test_an_interface_compared_with_itself_is_empty(language: str, model: Model) -> None:
    path, text = LANGUAGES[language].path, write(language, model)
    assert anyio.run(changes, language, (path, text, text)) == []


@languages
@settings(deadline=None, max_examples=40)
@given(before=MODELS, after=MODELS)
def test_a_comparison_is_the_mirror_of_the_other_way_round(language: str, before: Model, after: Model) -> None:
    there, back = compared(language, before, after), compared(language, after, before)
    seen = sorted((c.kind, c.symbol, c.what, c.before, c.after) for c in there)
    assert seen == sorted(change.mirrored() for change in back)


@languages
@settings(deadline=None, max_examples=40)
@given(before=MODELS, after=MODELS)
@example(before={"Person": {"name": "text"}}, after={"Person": {"name": "text?"}})
def test_nothing_that_a_user_needs_is_missed(language: str, before: Model, after: Model) -> None:
    """What is gone, and what has another type, is a breaking change with its name; what stays is in none."""
    title = LANGUAGES[language].title
    broken = {change.symbol for change in compared(language, before, after) if change.breaking}
    touched = {change.symbol for change in compared(language, before, after)}
    for name, fields in before.items():
        assert (name in broken) == (name not in after)
        for one, kind in fields.items():
            symbol, now = f"{name}.{title(one)}", after.get(name, {}).get(one)
            if name in after and (now is None or now.rstrip("?") != kind.rstrip("?")):
                assert symbol in broken
            elif now == kind:
                assert symbol not in touched


@languages
@settings(deadline=None, max_examples=40)
@given(model=MODELS, name=st.sampled_from(("size", "extra")))
def test_what_may_be_left_out_breaks_nobody_when_it_is_added(language: str, model: Model, name: str) -> None:
    more = {type_name: {**fields, name: fields.get(name, "text?")} for type_name, fields in model.items()}
    found = compared(language, model, more)
    if language == "rust":  # literals of a struct name every field
        assert all(change.breaking for change in found)
    else:
        assert not any(change.breaking for change in found)
    assert {change.kind for change in found} <= {"added"}


@languages
@settings(deadline=None, max_examples=40)
@given(model=MODELS)
def test_comments_and_layout_are_no_part_of_an_interface(language: str, model: Model) -> None:
    text = write(language, model).decode()
    mark = {"python": "#", "sql": "--"}.get(language, "//")
    spaced = re.sub(r"(?m)^(.*[:{(;,])$", rf"\1  {mark} said", text) + f"\n{mark} the end\n"
    assert anyio.run(changes, language, (LANGUAGES[language].path, text, spaced)) == []


CASES = [
    (
        "typescript",
        """
import { T } from "./t";
export interface Person extends T { name: string; old(): void; gone: string }
export enum Color { Red = "r", Green = "g" }
export function f(a: string, b?: number): void { return; }
export const K = 5;
export class C { private x = 1; y = "s"; m(a: number) { return a; } constructor(public q: string) {} }
export * from "./x";
export { Q, R } from "./y";
function hidden() {}
const later = 1;
export { later };
""",
        """
export interface Person extends T { name: string | null; old(): void; added: string; opt?: number }
export enum Color { Red = "r", Green = "g", Blue = "b" }
export function f(a: string, b?: number, c = 5): void { return; }
export const K = 6;
export class C { y = "s"; m(b: number) { return a + 1; } constructor(public q: string, z: number) {} }
export { Q } from "./y";
const later = 1;
""",
        [
            ("!added", "Person.added"),
            ("!changed", "C.constructor"),
            ("!changed", "Person.name"),
            ("!removed", "Person.gone"),
            ("!removed", 'export * from "./x"'),
            ("!removed", "R"),
            ("!removed", "later"),
            ("added", "Color.Blue"),
            ("added", "Person.opt"),
            ("changed", "C.m"),
            ("changed", "K"),
            ("changed", "f"),
        ],
    ),
    (
        "rust",
        """
#[derive(Debug, Clone)]
pub struct Person { pub name: String, hidden: u8 }
#[non_exhaustive]
pub enum Open { A }
pub enum E { A, B(String) }
impl Person { pub fn new(name: String) -> Self { todo!() } fn p(&self) {} }
impl Default for Person { fn default() -> Self { todo!() } }
pub trait T { fn a(&self); }
pub(crate) fn q() {}
""",
        """
#[derive(Debug)]
pub struct Person { pub name: String, hidden: u16 }
#[non_exhaustive]
pub enum Open { A, B }
pub enum E { A, B(String), C }
impl Person { pub fn new(name: String, x: u8) -> Self { todo!() } }
pub trait T { fn a(&self); fn c(&self); fn d(&self) {} }
""",
        [
            ("!added", "E.C"),
            ("!added", "T.c"),
            ("!changed", "Person"),
            ("!changed", "Person.new"),
            ("!removed", "impl Default for Person"),
            ("added", "Open.B"),
            ("added", "T.d"),
        ],
    ),
    (
        "go",
        """package m
type (
	A int
	B string
)
const (
	X = iota
	Y
)
type I interface { Do() error }
func (p *A) Hello(a string) error { return nil }
func New(a, b int) *A { return nil }
func hidden() {}
""",
        """package m
type (
	A int
)
const (
	X = iota
	Y
	Z
)
type I interface { Do() error; More() }
func (q *A) Hello(b string) error { return nil }
func New(a, b int, c string) *A { return nil }
""",
        [
            ("!added", "I.More"),
            ("!changed", "New"),
            ("!removed", "B"),
            ("added", "Z"),
            ("changed", "A.Hello"),
        ],
    ),
    (
        "java",
        """package m;
public class P { public String name; private int x = 1; protected int l = 2;
  public P(String a) {} public void m(int a) {} public void m(String a) {} void hidden() {} }
interface Inside {}
""",
        """package m;
public class P { public String name; private long x = 1;
  public P(String a, int b) {} public void m(long a) {} public void m(String b) {} public enum E { A } }
""",
        [("!changed", "P.P"), ("!changed", "P.m"), ("!removed", "P.l"), ("added", "P.E"), ("changed", "P.m")],
    ),
    (
        "csharp",
        """namespace M;
public class P { public string Name { get; set; } = "a"; public const int K = 5; internal void Hidden() {}
  public void F(int a, int b = 3) {} public int G => 5; }
public interface I { void Do(); }
""",
        """namespace M;
public class P { public string Name { get; set; } = "a"; public const int K = 6;
  public void F(int q, int b = 3) {} public int G => 6; public required string R { get; init; } }
public interface I { void Do(); void More(); }
""",
        [("!added", "I.More"), ("!added", "P.R"), ("!changed", "P.F"), ("changed", "P.K")],
    ),
    (
        "python",
        """
from enum import Enum
from pydantic import BaseModel, Field
from .thing import Thing
__all__ = ["Person", "Color", "f", "Thing"]
class Person(Thing):
    name: str
    age: int | None = Field(None, description="x")
    gone: str = "a"
class Color(Enum):
    RED = "r"
def f(a, b=1): ...
def _hidden(): ...
""",
        """
from enum import Enum
from pydantic import BaseModel, Field
__all__ = ["Person", "Color", "f", "g"]
class Person(Thing):
    name: str
    age: int | None = Field(None, description="y")
    need: str = Field(..., description="z")
    opt: str | None = Field(default=None)
class Color(Enum):
    RED = "q"
    NEW = "n"
def f(a, b, c=4): ...
def g(): ...
""",
        [
            ("!added", "Person.need"),
            ("!changed", "Color.RED"),
            ("!changed", "f"),
            ("!removed", "Person.gone"),
            ("!removed", "Thing"),
            ("added", "Color.NEW"),
            ("added", "Person.opt"),
            ("added", "g"),
            ("changed", "Person.age"),
        ],
    ),
    (
        "sql",
        """CREATE TABLE p (id INTEGER NOT NULL, name TEXT);
CREATE TABLE gone (id INTEGER);
COMMENT ON TABLE p IS 'x';
CREATE VIEW v AS SELECT name FROM p;
""",
        """CREATE TABLE p (id INTEGER NOT NULL, name TEXT NOT NULL, n INT NOT NULL DEFAULT 1);
COMMENT ON TABLE p IS 'y';
CREATE VIEW v AS SELECT id FROM p;
""",
        [("!changed", "p.name"), ("!changed", "v"), ("!removed", "gone"), ("added", "p.n")],
    ),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("language", "before", "after", "expected"), CASES, ids=[case[0] for case in CASES])
async def test_what_breaks_in_each_language(
    language: str, before: str, after: str, expected: list[tuple[str, str]]
) -> None:
    assert told(await changes(language, (LANGUAGES[language].path, before, after))) == sorted(expected)


@pytest.mark.anyio
async def test_members_of_a_constant_are_used_by_their_names() -> None:
    """As an enumeration that is no `enum` is written; comments among them say nothing."""
    before = 'export const E = {\n  /** one */\n  a: "a",\n  b: "b",\n} as const;\n'
    assert await changes("typescript", ("e.ts", before, before.replace("one", "two"))) == []
    after = before.replace('  b: "b",\n', '  c: "c",\n').replace('"a"', '"x"')
    assert told(await changes("typescript", ("e.ts", before, after))) == [
        ("!removed", "E.b"),
        ("added", "E.c"),
        ("changed", "E.a"),
    ]


@pytest.mark.anyio
async def test_attributes_of_fields_are_not_those_of_their_struct() -> None:
    before = "#[derive(Debug)]\npub struct A {\n    #[serde(default)]\n    pub x: u8,\n}\n"
    (change,) = await changes("rust", ("a.rs", before, before.replace("default", "skip")))
    assert (change.symbol, change.why) == ("A.x", "`#[serde(default)]` before it became `#[serde(skip)]`")


@pytest.mark.anyio
async def test_a_change_has_its_place_and_both_declarations() -> None:
    before = "export interface A {\n  x: string;\n}\n"
    (change,) = await changes("typescript", ("a.ts", before, before.replace("string", "number")))
    assert (change.path, change.line, change.before, change.after) == ("a.ts", 2, "x: string", "x: number")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("language", "path", "base", "derived", "field"),
    [
        (
            "python",
            "m/{}.py",
            "class Base:\n    a: int = 1\n",
            "class Derived(Base):\n    a: int = 1\n",
            "    x: int = 1\n",
        ),
        (
            "typescript",
            "m/{}.ts",
            "export interface Base {\n",
            "export interface Derived extends Base {\n",
            "  x: string;\n",
        ),
    ],
)
async def test_a_member_that_moves_to_the_base_breaks_nobody(
    language: str, path: str, base: str, derived: str, field: str
) -> None:
    """And the derived type comes from another file, as generated ones do."""
    end = "}\n" if language == "typescript" else ""
    there = [
        (path.format("base"), base + end, base + field + end),
        (path.format("d"), derived + field + end, derived + end),
    ]
    found = await changes(language, *there)
    assert ("changed", "Derived.x") in told(found)
    assert not any(change.breaking for change in found if change.symbol == "Derived.x")


@pytest.mark.anyio
async def test_what_moves_within_a_package_is_where_it_was() -> None:
    """Go and Java know packages; a file of TypeScript is a module of its own."""
    go = "package m\ntype A struct{ B int }\n"
    assert await changes("go", ("m/a.go", go, None), ("m/b.go", None, go)) == []
    java = "package m;\npublic class A { public int b; }\n"
    assert await changes("java", ("x/A.java", java, None), ("y/A.java", None, java)) == []
    ts = "export interface A { b: string }\n"
    assert told(await changes("typescript", ("m/a.ts", ts, None), ("m/b.ts", None, ts))) == [
        ("!removed", "A"),
        ("added", "A"),
    ]


@pytest.mark.anyio
async def test_a_language_that_nobody_describes_has_no_interface() -> None:
    changed = Changed("cobol", (TwoVersions("a.cob", None, b"x"),))
    assert await plugins().interface(changed) is None


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("language", "broken"), [("python", "def ("), ("typescript", "export interface {{"), ("sql", "CREATE TABLE (((")]
)
async def test_a_file_that_cannot_be_read_is_said_to_be_so(language: str, broken: str) -> None:
    (change,) = await changes(language, (LANGUAGES[language].path, broken, b"\xff\xfe"))
    assert change.why is not None
    assert "cannot be read as" in change.why


NUMBERS = st.integers(0, 20)


@given(NUMBERS, NUMBERS, NUMBERS, st.sampled_from(("major", "minor", "patch")))
def test_the_next_version_is_higher_and_moves_one_part(major: int, minor: int, patch: int, bump: Bump) -> None:
    after = tuple(int(part) for part in next_version(f"{major}.{minor}.{patch}", bump).split("."))
    assert after > (major, minor, patch)
    assert sum(after) - (major + minor + patch) <= 1
    assert after[0] == major if major == 0 or bump != "major" else after == (major + 1, 0, 0)


@pytest.mark.parametrize(
    ("version", "bump", "after"),
    [
        ("0.1.0", "major", "0.2.0"),
        ("0.1.0", "minor", "0.1.1"),
        ("0.1.9", "patch", "0.1.10"),
        ("1.2.3", "major", "2.0.0"),
        ("1.2.3", "minor", "1.3.0"),
        ("1.2.3", "patch", "1.2.4"),
    ],
)
def test_versions_grow_by_the_rules(version: str, bump: Bump, after: str) -> None:
    assert next_version(version, bump) == after


def test_the_bump_is_of_the_worst_change() -> None:
    def change(kind: str, breaking: bool) -> InterfaceChange:
        return InterfaceChange(kind, breaking, "a", 1, "A", "class")  # type: ignore[arg-type]

    assert bump_of(()) == bump_of((change("changed", False),)) == "patch"
    assert bump_of((change("changed", False), change("added", False))) == "minor"
    assert bump_of((change("added", False), change("removed", True))) == "major"


@pytest.mark.anyio
async def test_an_answer_that_holds_something_else_is_told_of_its_plugin() -> None:
    class Wrong:
        @hookimpl
        def regen_interface(self) -> list[str]:
            return ["A.b was removed"]

    changed = Changed("python", (TwoVersions("a.py", b"", b"x = 1\n"),))
    with pytest.raises(
        PluginError, match=r"'wrong' .* failed in regen_interface.*holds a str, not only InterfaceChange"
    ):
        await Hooks(PluginManager(extra=[("wrong", Wrong())])).interface(changed)
