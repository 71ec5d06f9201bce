"""The Rust pack: a module for each namespace, a file for each type, formatted, and no name twice."""

from __future__ import annotations

import re
import shutil
import subprocess
import textwrap
from collections import Counter
from pathlib import Path

import anyio
import pytest
import tree_sitter_rust
from hypothesis import given
from hypothesis import strategies as st
from regen_templates.rust import prose, types
from regen_templates.rust.names import field_name
from regen_templates.rust.prose import doc
from tests.cycle_world import World
from tests.pack_world import STRANGER, faults, project, replace, schema_org, touched


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The stranger's vocabulary and the demo's, generated."""
    world = project(tmp_path_factory.mktemp("rust"), "rust")
    assert anyio.run(world.apply).release is not None
    return world


def _twice(names: list[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _sound(world: World) -> None:
    """Every file parses and is a module of its folder; every type of a module and field of a struct is there once."""
    tree = {path: text for path, text in world.tree().items() if path.endswith(".rs")}
    assert {path: found for path, text in tree.items() if (found := faults(tree_sitter_rust.language(), text))} == {}
    assert len({path.casefold() for path in tree}) == len(tree)
    folders = sorted({path.split("/")[2] for path in tree if path.count("/") == 3})
    assert re.findall(r"^pub mod (\w+);$", tree["rust/src/lib.rs"].decode(), re.MULTILINE) == folders
    for folder in folders:
        inside = {path.split("/")[3][:-3] for path in tree if path.startswith(f"rust/src/{folder}/")} - {"mod"}
        index = tree[f"rust/src/{folder}/mod.rs"].decode()
        assert sorted(re.findall(r"^pub mod (\w+);$", index, re.MULTILINE)) == sorted(inside)
        exported = re.findall(r"^pub use (\w+)::(\w+);$", index, re.MULTILINE)
        assert _twice([name for _, name in exported]) == []
        for module, name in exported:
            text = tree[f"rust/src/{folder}/{module}.rs"].decode()
            assert re.search(rf"^pub (struct|enum) {name} {{$", text, re.MULTILINE), module
            assert _twice(re.findall(r"^pub (?:struct|enum) (\w+) ", text, re.MULTILINE)) == []
            assert _twice(re.findall(r"^    pub ([\w#]+):", text, re.MULTILINE)) == [], module
            assert _twice(re.findall(r"rename = (\"[^\"]*\")", text)) == [], module


def test_hard_names_parse_and_clash_nowhere(made: World) -> None:
    """Keywords, names of the prelude, twins in case and namespace, other scripts."""
    _sound(made)
    words = made.read("rust/src/one_example_ns/words.rs")
    assert "    pub r#type: Vec<String>,\n" in words
    assert '    #[serde(rename = "crate", default, skip_serializing_if = "Vec::is_empty")]\n    pub crate_: ' in words
    assert "pub struct Option_ {" in made.read("rust/src/one_example_ns/option.rs")


def test_the_demo_reads_as_rust(made: World) -> None:
    """Option, Vec, Box where it could recur, the superclass flattened, an enum for several ranges."""
    patron = made.read("rust/src/riverside_example_core/patron.rs")
    assert "    #[serde(flatten)]\n    pub base: super::Person,\n" in patron
    assert "    pub card_number: String,\n" in patron
    assert "    pub home_branch: Option<Box<super::Branch>>,\n" in patron
    assert "    pub interested_in: Vec<super::Subject>,\n" in patron
    contribution = made.read("rust/src/riverside_example_core/contribution.rs")
    assert "    pub contributor: ContributionContributor,\n" in contribution
    assert (
        "#[serde(untagged)]\npub enum ContributionContributor {\n    Contributor(Box<super::Contributor>),"
        in contribution
    )
    audience = made.read("rust/src/riverside_example_core/audience.rs")
    assert '    #[default]\n    #[serde(rename = "adults")]\n    Adults,\n' in audience


def test_what_a_further_superclass_holds_is_written_out_once(made: World) -> None:
    """A toy car is a car; what makes it a toy stands in its own file; what all vehicles have does not."""
    text = made.read("rust/src/one_example_ns/toy_car.rs")
    assert "    pub base: super::Car,\n" in text
    assert "    pub age: Vec<f64>,\n" in text
    assert "wheels" not in text
    assert "doors" not in text


def test_a_change_touches_the_files_that_print_it(tmp_path: Path) -> None:
    """A label nowhere; a comment in its class; a range in the struct that has the field; a new class in two files."""
    world = project(tmp_path, "rust", stranger=STRANGER)
    anyio.run(world.apply)
    folder = "rust/src/one_example_ns/"
    replace(world, "stranger.ttl", "one:Void a owl:Class", 'one:Void rdfs:label "void" ; a owl:Class')
    assert touched(anyio.run(world.apply)) == []
    replace(world, "stranger.ttl", "hard to name", "hard to spell")
    assert touched(anyio.run(world.apply)) == [folder + "words.rs"]
    replace(world, "stranger.ttl", "rdfs:range xsd:decimal .", "rdfs:range xsd:short .")
    assert touched(anyio.run(world.apply)) == [folder + "toy.rs", folder + "toy_car.rs"]
    replace(world, "stranger.ttl", "one:Void rdfs:label", "one:Null a owl:Class . one:Void rdfs:label")
    assert touched(anyio.run(world.apply)) == [folder + "mod.rs", folder + "null.rs"]


def test_a_change_that_is_text_before_and_after_renders_nothing(tmp_path: Path) -> None:
    """A date and a year are both text; a class more in a module that is there leaves `lib.rs` alone."""
    world = project(tmp_path, "rust", stranger=STRANGER)
    anyio.run(world.apply)
    replace(world, "stranger.ttl", "sh:datatype xsd:date ;", "sh:datatype xsd:gYear ;")
    applied = anyio.run(world.apply)
    assert touched(applied) == []
    assert [item.path for item in applied.plan.nothing if item.render is not None] == []
    replace(world, "stranger.ttl", "one:Void a owl:Class", "one:Null a owl:Class . one:Void a owl:Class")
    applied = anyio.run(world.apply)
    assert [item.path for item in applied.plan.nothing if item.render is not None] == []


def test_what_an_undeclared_superclass_holds_is_not_lost(tmp_path: Path) -> None:
    """A class beside the base gives its fields also where nobody says that it is a class."""
    more = "one:Robot a owl:Class ; rdfs:subClassOf one:Car , one:Machine . one:power rdfs:domain one:Machine ."
    world = project(tmp_path, "rust", stranger=f"{STRANGER}\n{more}\n")
    anyio.run(world.apply)
    text = world.read("rust/src/one_example_ns/robot.rs")
    assert "    pub base: super::Car,\n" in text
    assert "    pub power: Vec<String>,\n" in text


@given(st.lists(st.text("abcdefgh.-(", min_size=1, max_size=120), min_size=1, max_size=40))
def test_comments_break_where_textwrap_breaks_them(words: list[str]) -> None:
    lines = textwrap.wrap(" ".join(words), 92, break_long_words=False, break_on_hyphens=False)
    assert doc(" ".join(words), 96) == "\n    ".join(f"/// {line}" for line in lines)


def test_names_that_serde_would_not_guess() -> None:
    """A keyword is raw where it may be; the name in JSON is that of `rename_all`."""

    def keyword(name: str) -> str:
        return f"{name}_" if name in {"type", "self"} else name

    assert (field_name("type_", "x", keyword).name, field_name("type_", "x", keyword).renamed) == ("r#type", "type")
    assert field_name("self_", "x", keyword).name == "self_"
    assert field_name("id", "x", keyword).name == "id_"
    assert field_name("birth_date", "x", keyword).renamed == "birthDate"


def test_datatypes_are_the_ones_that_the_query_keeps() -> None:
    """`fields.rq` and `mixed.rq` turn into text what is text in Rust; what they name is something else."""
    folder = Path(prose.__file__).parent
    for file in ("fields.rq", "mixed.rq"):
        named = re.findall(
            r"\b(xsd|s|s1):(\w+)", (folder / file).read_text("utf-8").partition("?range IN (")[2].partition(")")[0]
        )
        spaces = {"xsd": "http://www.w3.org/2001/XMLSchema#", "s": "https://schema.org/", "s1": "http://schema.org/"}
        assert len(named) == len(set(named)) == sum(map(len, types.SCALARS.values()))
        assert "String" not in {types.scalar(spaces[prefix] + name) for prefix, name in named}


def test_rustfmt_changes_nothing(made: World) -> None:
    """The pack writes what rustfmt would."""
    rustfmt = shutil.which("rustfmt")
    if rustfmt is None:
        pytest.skip("rustfmt is not installed")
    lib = made.root / "out/rust/src/lib.rs"
    done = subprocess.run([rustfmt, "--check", "--edition", "2021", lib], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.long
def test_schema_org_parses_and_clashes_nowhere(tmp_path: Path, real_data: Path) -> None:
    """More than 900 classes with several parents each."""
    world = schema_org(tmp_path, "rust", real_data)
    assert anyio.run(world.apply).release is not None
    _sound(world)
    assert "pub struct X3dModel {" in world.read("rust/src/schema_org/x_3d_model.rs")
