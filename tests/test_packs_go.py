"""The Go pack: one package, one file a type, formatted, and no name twice."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import anyio
import pytest
import tree_sitter_go
from tests.cycle_world import World
from tests.pack_world import STRANGER, faults, project, replace, schema_org, touched


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The stranger's vocabulary and the demo's, generated."""
    world = project(tmp_path_factory.mktemp("go"), "go")
    assert anyio.run(world.apply).release is not None
    return world


def _sound(world: World) -> None:
    """Every file parses; every type, constant and JSON key of a struct is there once; gofmt changes nothing."""
    tree = world.tree()
    assert {path: found for path, text in tree.items() if (found := faults(tree_sitter_go.language(), text))} == {}
    types: Counter[str] = Counter()
    constants: Counter[str] = Counter()
    for path, data in tree.items():
        text = data.decode()
        types.update(re.findall(r"^type (\w+) ", text, re.MULTILINE))
        constants.update(re.findall(r"^\t(\w+) \w+ = ", text, re.MULTILINE))
        fields = re.findall(r"^\t(\w+)(?: .*`json:\"([^,\"]+).*)?$", text, re.MULTILINE)
        for names in ([name for name, _ in fields], [key for _, key in fields if key]):
            assert [name for name, count in Counter(names).items() if count > 1] == [], path
    assert len(types) == len(tree)
    assert [name for name, count in (types + constants).items() if count > 1] == []
    assert len({path.casefold() for path in tree}) == len(tree)


def test_hard_names_parse_and_clash_nowhere(made: World) -> None:
    """Keywords, twins in case and namespace, other scripts, names that the go command reads."""
    _sound(made)
    paths = set(made.tree())
    assert {"go/one_example_ns_lab_test_.go", "go/one_example_ns_server_linux_.go"} <= paths
    assert not [path for path in paths if re.search(r"_(test|linux)\.go$", path)]


def test_the_demo_reads_as_go(made: World) -> None:
    """Optional values are pointers, many are slices, a superclass is embedded, documentation starts with the name."""
    patron = made.read("go/patron.go")
    assert "// Patron: A person who holds" in patron
    assert "type Patron struct {\n\tPerson\n" in patron
    assert '\tCardNumber string `json:"cardNumber"`\n' in patron
    assert '\tHomeBranch *Branch `json:"homeBranch,omitempty"`\n' in patron
    assert '\tInterestedIn []Subject `json:"interestedIn,omitempty"`\n' in patron
    assert '\tAudience_Adults Audience = "adults"\n' in made.read("go/audience.go")


def test_what_a_further_superclass_holds_is_written_out_once(made: World) -> None:
    """A toy car is a car; what makes it a toy stands in its own file; what all vehicles have does not."""
    text = made.read("go/one_example_ns_toy_car.go")
    assert "\tOneExampleNsCar\n" in text
    assert '`json:"age,omitempty"`' in text
    assert "wheels" not in text
    assert "doors" not in text


def test_namespaces_at_home_have_no_prefix(tmp_path: Path) -> None:
    """An ontology's header makes its namespace a home; a later home that has the same name gives way."""
    header = "one: a owl:Ontology . two: a owl:Ontology . one:Thing a owl:Class . "
    header += "two:Thing a owl:Class . two:Other a owl:Class ."
    prefixes = STRANGER[: STRANGER.index("# One local name")]
    world = project(tmp_path, "go", graph=prefixes + header)
    anyio.run(world.apply)
    assert set(world.tree()) == {"go/thing.go", "go/two_example_ns_thing.go", "go/other.go"}
    world.write("regen.toml", (tmp_path / "regen.toml").read_text() + '[vars]\nhome = "http://two.example/ns#"\n')
    anyio.run(world.apply)
    assert set(world.tree()) == {"go/one_example_ns_thing.go", "go/thing.go", "go/other.go"}


def test_a_change_touches_the_files_that_print_it(tmp_path: Path) -> None:
    """A label nowhere; a comment in its class; a range in the struct that has the field, and its copies."""
    world = project(tmp_path, "go", stranger=STRANGER)
    anyio.run(world.apply)
    replace(world, "stranger.ttl", "one:Void a owl:Class", 'one:Void rdfs:label "void" ; a owl:Class')
    assert touched(anyio.run(world.apply)) == []
    replace(world, "stranger.ttl", "hard to name", "hard to spell")
    assert touched(anyio.run(world.apply)) == ["go/one_example_ns_words.go"]
    replace(world, "stranger.ttl", "rdfs:range xsd:int .", "rdfs:range xsd:boolean .")
    assert touched(anyio.run(world.apply)) == ["go/one_example_ns_car.go"]
    replace(world, "stranger.ttl", "rdfs:range xsd:decimal .", "rdfs:range xsd:short .")
    assert touched(anyio.run(world.apply)) == ["go/one_example_ns_toy.go", "go/one_example_ns_toy_car.go"]


def test_a_field_says_what_its_type_cannot(tmp_path: Path) -> None:
    """Several ranges, allowed values, what replaces it, each comment; names differ in case and are told apart."""
    graph = (
        STRANGER[: STRANGER.index("# One local name")]
        + """
        one:Dvd a owl:Class . one:DVD a owl:Class . one:Disc a owl:Class . one:Player a owl:Class .
        one:plays rdfs:domain one:Player ; rdfs:range one:Dvd , one:DVD ; rdfs:comment "Plays.", "PLAYS." .
        one:size rdfs:domain one:Player ; rdfs:range xsd:int ; a owl:FunctionalProperty ; rdfs:comment "" .
        one:apiUrl rdfs:domain one:Player ; rdfs:range xsd:anyURI , xsd:string ; schema:supersededBy one:size .
        one:gone rdfs:domain one:Player ; owl:deprecated true . one:kept rdfs:domain one:Player ; owl:deprecated false .
        one:PlayerShape sh:targetClass one:Player ; sh:property
          [ sh:path one:region ; sh:in ( one:eu "EU" one:Eu ) ; sh:minCount 1 ; sh:maxCount 1 ] ,
          [ sh:path one:never ; sh:maxCount 0 ] ,
          [ sh:path one:none ; sh:in () ; sh:class one:Disc ; sh:maxCount 1 ] .
    """
    )
    world = project(tmp_path, "go", graph=graph)
    anyio.run(world.apply)
    text = world.read("go/one_example_ns_player.go")
    first, second = sorted(re.findall(r"\bOneExampleNsD[Vv][Dd]\w*", text), key=str.swapcase)
    assert first != second
    fields = re.findall(r"((?:\t// .*\n|\t//\n)+)\t(\w+ \S+) `json", text)
    assert {line: doc.replace("\t// ", "").replace("\t//\n", "|").replace("\n", "") for doc, line in fields[1:]} == {
        "APIURL []string": "APIURL: the api url.|Deprecated: use size instead.",
        "Gone []string": "Gone: the gone.|Deprecated: kept for old data.",
        "Kept []string": "Kept: the kept.",
        "None *OneExampleNsDisc": "None: the none.",
        "Plays []any": f"Plays: PLAYS.|Plays.|One of {second}, {first}.",
        "Region string": "Region: Allowed: Eu, eu, EU.",
        "Size *int32": "Size: the size.",
    }


def test_unbounded_values_are_one_where_the_project_says_so(tmp_path: Path) -> None:
    """`[vars] unbounded` turns slices into pointers, `go_package` names the package."""
    world = project(tmp_path, "go", '[vars]\nunbounded = "one"\ngo_package = "shop"\n', stranger=STRANGER)
    anyio.run(world.apply)
    text = world.read("go/one_example_ns_car.go")
    assert text.startswith("package shop\n")
    assert "\tDoors *int32 `json" in text


def test_gofmt_changes_nothing(made: World) -> None:
    """The pack writes what gofmt would."""
    gofmt = shutil.which("gofmt")
    if gofmt is None:
        pytest.skip("gofmt is not installed")
    assert subprocess.run([gofmt, "-l", made.root / "out"], capture_output=True, text=True, check=True).stdout == ""


@pytest.mark.long
def test_schema_org_parses_and_clashes_nowhere(tmp_path: Path, real_data: Path) -> None:
    """More than 900 classes with several parents each."""
    world = schema_org(tmp_path, "go", real_data)
    assert anyio.run(world.apply).release is not None
    _sound(world)
    assert {"go/person.go", "go/x_3d_model.go", "go/class.go", "go/medical_test_.go"} <= set(world.tree())
