"""The Rust pack: a module for each namespace, a file for each type, formatted, and no name twice."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import anyio
import pytest
import tree_sitter_rust
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
