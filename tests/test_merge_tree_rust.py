"""Merging Rust by structure: attributes, impl blocks, use lists and fields."""

from __future__ import annotations

from tests.merge_tree_world import changed, clean, conflict

RUST = """\
//! People.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// A person.
#[derive(Debug, Clone)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The name.
    pub name: String,
    pub age: u32, // in years
}

impl Person {
    pub fn new(name: String) -> Self {
        Self { name, age: 0 }
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)
    }
}

pub enum Color {
    Red,
    Green(u8),
}
"""
NEW = "        Self { name, age: 0 }\n    }\n"
MINE = "\n    pub fn mine(&self) -> bool {\n        true\n    }\n"


def test_fields_attributes_and_methods_of_both_sides_are_taken() -> None:
    ours = changed(
        RUST,
        ("Debug, Clone", "Debug, Clone, PartialEq"),
        ("// in years\n", "// in years\n    #[serde(skip)]\n    pub mine: bool,\n"),
        (NEW, NEW + MINE),
    )
    theirs = changed(
        RUST,
        ("Debug, Clone", "Debug, Clone, Hash"),
        ('"camelCase"', '"camelCase", deny_unknown_fields'),
        ("age: u32, // in years\n", "age: u64, // in years\n    pub email: Option<String>,\n"),
        ("age: 0 }", "age: 0, email: None }"),
    )
    text = clean("rust", RUST, ours, theirs)
    assert "#[derive(Debug, Clone, Hash, PartialEq)]\n" in text
    assert '#[serde(rename_all = "camelCase", deny_unknown_fields)]\n' in text
    assert (
        "    pub age: u64, // in years\n    pub email: Option<String>,\n    #[serde(skip)]\n    pub mine: bool,\n}\n"
        in text
    )
    assert NEW.replace("0 }", "0, email: None }") + MINE + "}\n" in text


def test_an_impl_block_of_yours_before_the_generated_one_is_not_taken_for_it() -> None:
    ours = changed(RUST, ("impl Person {", "impl Person {\n    fn secret() {}\n}\n\nimpl Person {"))
    theirs = changed(RUST, (NEW, NEW + MINE), ("age: 0", "age: 1"))
    assert clean("rust", RUST, ours, theirs) == changed(
        ours, ("age: 0", "age: 1"), ("1 }\n    }\n", "1 }\n    }\n" + MINE)
    )


def test_impls_of_several_traits_are_told_apart() -> None:
    ours = changed(RUST, ('write!(f, "{}", self.name)', 'write!(f, "<{}>", self.name)'))
    theirs = changed(
        RUST,
        (
            "impl fmt::Display",
            "impl From<u8> for Person {\n    fn from(a: u8) -> Self {\n        todo()\n    }\n}\n\nimpl fmt::Display",
        ),
    )
    assert clean("rust", RUST, ours, theirs) == changed(theirs, ('"{}"', '"<{}>"'))


def test_use_lists_are_sets_and_stay_sorted() -> None:
    ours = changed(RUST, ("{BTreeMap, HashMap}", "{BTreeMap, BTreeSet, HashMap}"), ("fmt;\n", "fmt;\nuse std::io;\n"))
    theirs = changed(RUST, ("HashMap}", "HashMap, HashSet}"), ("fmt;\n", "fmt;\nuse std::sync::Arc;\n"))
    text = clean("rust", RUST, ours, theirs)
    assert "use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};\n" in text
    assert "use std::fmt;\nuse std::io;\nuse std::sync::Arc;\n" in text


def test_a_use_that_the_template_drops_stays_while_your_edit_uses_it() -> None:
    ours = changed(RUST, (NEW, NEW + MINE.replace("-> bool", "-> HashMap<u8, u8>").replace("true", "HashMap::new()")))
    theirs = changed(RUST, ("{BTreeMap, HashMap}", "{BTreeMap}"))
    assert "{BTreeMap, HashMap}" in clean("rust", RUST, ours, theirs)


def test_variants_are_added_on_both_sides() -> None:
    ours = changed(RUST, ("    Green(u8),\n", "    Green(u8),\n    Mine { x: i32 },\n"))
    theirs = changed(RUST, ("    Green(u8),\n", "    Green(u16),\n    /// Blue.\n    Blue,\n"))
    assert "    Red,\n    Green(u16),\n    /// Blue.\n    Blue,\n    Mine { x: i32 },\n}\n" in clean(
        "rust", RUST, ours, theirs
    )


def test_doc_comments_of_both_sides_on_one_member_are_a_conflict_and_a_remark_is_kept() -> None:
    ours = changed(RUST, ("    /// The name.\n", "    // As in the passport.\n    /// The name.\n"))
    theirs = changed(RUST, ("    /// The name.\n", "    /// The full name.\n"))
    result = conflict("rust", RUST, changed(RUST, ("/// The name.", "/// My name.")), theirs)
    assert result.conflicts[0].message == (
        "your edit and the template both changed the comment above field `name` of struct `Person`"
    )
    assert "pub age" not in (result.marked or b"").decode().split(">>>>>>>")[0].split("<<<<<<<")[1]
    undocumented = changed(RUST, ("    /// The name.\n", ""))
    text = clean(
        "rust",
        undocumented,
        changed(ours, ("    /// The name.\n", "")),
        RUST,
    )
    assert "    /// The name.\n    // As in the passport.\n    pub name: String,\n" in text


def test_a_deleted_method_that_the_template_changed_is_a_conflict_of_that_method_alone() -> None:
    result = conflict(
        "rust",
        RUST,
        changed(RUST, (RUST[RUST.index("    pub fn new") : RUST.index("}\n\nimpl fmt")], "")),
        changed(RUST, ("age: 0", "age: 1"), ("Red,", "Red,\n    Blue,")),
    )
    assert [found.message for found in result.conflicts] == [
        "you removed function `new` of impl `Person`, which the template changed"
    ]
    assert "    Red,\n    Blue,\n" in (result.marked or b"").decode()


def test_parameters_and_bodies_of_one_function_are_merged_apart() -> None:
    ours = changed(RUST, ("new(name: String)", "new(name: String, age: u32)"))
    theirs = changed(RUST, ("pub fn new", "pub(crate) const fn new"), ("age: 0 }", "age: 7 }"))
    text = clean("rust", RUST, ours, theirs)
    assert "    pub(crate) const fn new(name: String, age: u32) -> Self {\n        Self { name, age: 7 }\n" in text


def test_modules_constants_and_macros_are_declarations() -> None:
    base = "mod a;\n\nconst X: u8 = 1;\n\nmacro_rules! m {\n    () => {};\n}\n\nm!();\n"
    ours = changed(base, ("mod a;\n", "mod a;\nmod mine;\n"), ("u8 = 1", "u8 = 2"))
    theirs = changed(
        base, ("mod a;\n", "mod a;\npub mod theirs;\n"), ("X: u8", "X: u16"), ("() => {}", "($x:expr) => {}")
    )
    assert clean("rust", base, ours, theirs) == changed(
        theirs, ("theirs;\n", "theirs;\nmod mine;\n"), ("u16 = 1", "u16 = 2")
    )


def test_two_conflicts_on_one_line_are_one() -> None:
    base = "pub const LIMIT: u8 = 1;\nfn f() {}\n"
    ours, theirs = changed(base, ("u8 = 1", "u16 = 2")), changed(base, ("u8 = 1", "u32 = 3"), ("fn f", "fn g"))
    result = conflict("rust", base, ours, theirs)
    (found,) = result.conflicts
    assert (found.ours_lines, found.base_lines, found.theirs_lines) == ((1, 2), (1, 2), (1, 2))
    assert found.message == (
        "your edit and the template both changed the type of constant `LIMIT`; "
        "your edit and the template both changed the value of constant `LIMIT`"
    )
    assert result.marked == (
        b"<<<<<<< ours\npub const LIMIT: u16 = 2;\n||||||| base\npub const LIMIT: u8 = 1;\n=======\n"
        b"pub const LIMIT: u32 = 3;\n>>>>>>> theirs\nfn g() {}\n"
    )
