"""The Python pack: a package that imports, formatted, typed, and no name twice."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
import regen_graphs
from tests.cycle_world import World
from tests.pack_world import project, schema_org, touched

MODULES = '[vars.modules]\n"https://one.example/ns/" = "safe"\n"https://riverside.example/core#" = "core"\n'
HARD = """\
@prefix x: <http://hard.example/ns#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
x:Return a owl:Class . x:Field a owl:Class . x:Decimal a owl:Class . x:Model a owl:Class . x:None a owl:Class .
x:Long a owl:Class ; rdfs:comment "One line that is longer than a line of source text should be, so it is wrapped." .
x:date rdfs:domain x:Long ; rdfs:range xsd:date . x:str rdfs:domain x:Long ; rdfs:range x:Field .
x:list rdfs:domain x:Long . x:json rdfs:domain x:Long . x:copy rdfs:domain x:Long . x:model_config rdfs:domain x:Long .
x:_hidden rdfs:domain x:Long . x:name rdfs:domain x:Return ; rdfs:range xsd:string .
x:aRatherLongNameOfAProperty rdfs:domain x:Long ; rdfs:range x:Return , x:Field , x:Decimal , x:Model , xsd:decimal .
x:another a owl:FunctionalProperty ; rdfs:domain x:Long ;
  rdfs:range x:Return , x:Field , x:Decimal , x:Model , x:None , xsd:decimal .
[] sh:targetClass x:Long ; sh:property
  [ sh:path x:choice ; sh:maxCount 1 ; sh:in ( "a choice of many words" "another one of as many words" "one more" ) ] ,
  [ sh:path x:choices ; sh:in ( "a choice of a good many words" "another one of as many words" "one more" ) ] ,
  [ sh:path x:must ; sh:minCount 1 ; sh:maxCount 1 ;
    sh:in ( "a choice of a good many words" "another one of as many words" "one more" ) ] ,
  [ sh:path x:ahead ; sh:datatype xsd:string ; sh:maxCount 1 ; sh:pattern "^(?=x)x+$" ] ,
  [ sh:path x:ratio ; sh:datatype xsd:decimal ; sh:maxCount 1 ; sh:in ( 0.5 1.5 ) ] ,
  [ sh:path x:code ; sh:datatype xsd:string ; sh:minCount 1 ; sh:maxCount 9 ; sh:minLength 10 ; sh:maxLength 200 ;
    sh:pattern "^[a-z]{1,20}([A-Z]{1,20})?[0-9]{1,20}-[0-9]{1,20}/[a-z]{2}$" ] .
x:Disc a owl:Class ; rdfs:comment "A disc." ; owl:deprecated true ; dct:isReplacedBy x:Field , x:Long .
x:speed rdfs:domain x:Disc ; rdfs:comment "Turns." ; dct:isReplacedBy x:ratio .
[] sh:targetClass x:Disc ; sh:property
  [ sh:path x:speed ; sh:datatype xsd:double ; sh:maxCount 1 ; sh:minInclusive 33.3 ; sh:maxInclusive 78 ] ,
  [ sh:path x:side ; sh:maxCount 1 ; sh:in ( "a" "A" "b" ) ] ,
  [ sh:path x:tracks ; sh:datatype xsd:integer ; sh:maxCount 1 ; sh:minExclusive 0.5 ] .
x:Track2 a owl:Class . x:Track10 a owl:Class . x:Single a owl:Class ; rdfs:subClassOf x:Track10 , x:Track2 .
"""
# Tries every model with nothing in it, and some with something; prints what came of it.
TRIES = """
import json, sys
import models
from pydantic import ValidationError

def tried(model, value):
    try:
        return model.model_validate(value).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    except ValidationError as error:
        return sorted(".".join(map(str, e["loc"])) for e in error.errors())

everything = {
    f"{package}.{name}": tried(found, {})
    for package in models.__all__ if package != "Model"
    for name in getattr(models, package).__all__
    if issubclass(found := getattr(getattr(models, package), name), models.Model)
}
given = {
    spec: [tried(eval(spec, {"models": models}), value) for value in values] for spec, values in json.load(sys.stdin)
}
print(json.dumps([everything, given]))
"""


def _made(root: Path, settings: str = MODULES) -> World:
    world = project(root, "python", settings)
    world.write("graphs/hard.ttl", HARD)
    assert anyio.run(world.apply).release is not None
    return world


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The demo's vocabulary, a stranger's, and one that is hard on Python, generated."""
    return _made(tmp_path_factory.mktemp("python"))


def _run(world: World, *command: str, given: str = "") -> str:
    done = subprocess.run(
        [sys.executable, *command], cwd=world.root / "out", input=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def _tried(world: World, *given: tuple[str, list[Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    if importlib.util.find_spec("pydantic") is None:
        pytest.skip("pydantic is not installed")
    everything, answers = json.loads(_run(world, "-W", "error", "-c", TRIES, given=json.dumps(given)))
    return everything, answers


def _sound(world: World) -> None:
    """Every file compiles; no class has a field, and no enumeration a value, twice; no paths differ only by case."""
    tree = {path: text.decode() for path, text in world.tree().items() if path.endswith(".py")}
    assert len({path.casefold() for path in tree}) == len(tree)
    for path, text in tree.items():
        compile(text, path, "exec", dont_inherit=True)
        assert all(part.removesuffix(".py").isidentifier() for part in path.split("/")), path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                names = [
                    n.target.id for n in node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
                ]
                names += [
                    n.targets[0].id
                    for n in node.body
                    if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name)
                ]
                assert len(set(names)) == len(names), path
        keys = re.findall(r'alias=("[^"]*")', text)
        assert len(set(keys)) == len(keys), path


def test_vocabularies_become_a_package_that_imports(made: World) -> None:
    _sound(made)
    everything, _ = _tried(made)
    assert len([name for name in everything if name.startswith(("core.", "riverside_example_operations."))]) == 91
    assert everything["core.Subject"] == ["notation"]
    assert everything["core.Game"] == ["title"]
    assert everything["core.Place"] == {}
    assert {"one_example_ns.Person", "two_example_ns.Person", "safe.Person"} <= everything.keys()
    hard = {"one_example_ns.DVD", "one_example_ns.Dvd", "hard_example_ns.Field_", "hard_example_ns.None_"}
    assert hard <= everything.keys()
    assert everything["hard_example_ns.Long"] == ["code", "must"]


def test_models_hold_what_the_shapes_say(made: World) -> None:
    _, answers = _tried(
        made,
        (
            "models.core.Novel",
            [
                {"title": ["Tidewater"], "class": "823.92", "audience": "adults"},
                {"title": ["Tidewater"], "class_": "823.92"},
                {"title": [], "class": "fiction", "audience": "everybody"},
            ],
        ),
        ("models.core.DigitalEdition", [{"editionOf": [{"title": ["x"]}], "type": "file", "fileFormat": "text/plain"}]),
        ("models.core.Place", [{"latitude": 91.0, "longitude": 180}, {"latitude": 51.05}]),
        (
            "models.riverside_example_operations.Fee",
            [{"at": "2024-05-14T16:20:00Z", "amount": "0"}, {"at": "2024-05-14T16:20:00Z", "amount": "1.50"}],
        ),
    )
    novel = answers["models.core.Novel"]
    assert novel[0] == {"title": ["Tidewater"], "class": "823.92", "audience": "adults"}
    assert novel[1] == {"title": ["Tidewater"], "class": "823.92"}
    assert novel[2] == ["audience", "class", "title"]
    assert answers["models.core.DigitalEdition"] == [["fileFormat"]]
    assert answers["models.core.Place"] == [["latitude", "longitude"], {"latitude": 51.05}]
    assert answers["models.riverside_example_operations.Fee"] == [
        ["amount"],
        {"at": "2024-05-14T16:20:00Z", "amount": "1.50"},
    ]


def test_two_classes_of_one_name_stay_apart(made: World) -> None:
    assert "class Collection(Entity)" in made.read("models/core/collection.py")
    assert "class Collection(Transaction)" in made.read("models/riverside_example_operations/collection.py")
    assert "class Dvd(Item)" in made.read("models/core/dvd.py")
    (other,) = (path for path in made.tree() if re.fullmatch(r"models/core/dvd_[0-9a-f]{8}\.py", path))
    assert "class DVD(Item)" in made.read(other)


def test_enumerations_are_string_enumerations(made: World) -> None:
    text = made.read("models/riverside_example_operations/outcome.py")
    assert '    NONE = "None"\n    """The item was not looked for."""\n' in text
    assert '    WRONG_SHELF = "wrong-shelf"\n' in text


def test_what_is_deprecated_says_so_once(made: World) -> None:
    text = made.read("models/hard_example_ns/disc.py")
    assert '    """A disc.\n\n    Deprecated: use Field, Long instead.\n    """\n' in text
    assert '    """Turns.\n\n    Use ratio instead.\n    """\n' in text


def test_bounds_are_numbers_of_the_type_and_choices_differ_in_case(made: World) -> None:
    text = made.read("models/hard_example_ns/disc.py")
    assert "    speed: float | None = Field(default=None, ge=33.3, le=78, deprecated=True)\n" in text
    assert '    side: Literal["A", "a", "b"] | None = None\n' in text
    assert "    tracks: int | None = Field(default=None, gt=0)\n" in text


def test_it_is_as_ruff_leaves_it(made: World) -> None:
    """Names in other scripts than Latin are allowed in Python, and a stranger may want them."""
    _run(made, "-m", "ruff", "format", "--isolated", "--check", "--quiet", "models")
    _run(made, "-m", "ruff", "check", "--isolated", "--ignore", "N999", "models")


@pytest.mark.long
def test_it_is_typed(made: World) -> None:
    _run(made, "-m", "mypy", "--strict", "--no-incremental", "models")


def test_a_change_touches_what_it_is_about_and_a_setting_what_it_changes(tmp_path: Path) -> None:
    world = _made(tmp_path)
    regen_graphs.write(tmp_path / "graphs", regen_graphs.CHANGE)
    assert touched(anyio.run(world.apply)) == [
        "models/core/contact_point.py",
        "models/core/novel.py",
        "models/riverside_example_operations/hold.py",
    ]
    config = (tmp_path / "regen.toml").read_text()
    world.write("regen.toml", config.replace("[vars.modules]", '[vars]\nunbounded = "one"\n[vars.modules]'))
    anyio.run(world.apply)
    assert "    name: str | None = None\n" in world.read("models/hard_example_ns/return_.py")


@pytest.mark.long
def test_schema_org_becomes_a_package_that_is_formatted_and_imports(real_data: Path, tmp_path: Path) -> None:
    world = schema_org(tmp_path, "python", real_data)
    anyio.run(world.apply)
    assert len(world.tree()) > 1000
    _sound(world)
    _run(world, "-m", "ruff", "format", "--isolated", "--check", "--quiet", "models")
    _run(world, "-m", "ruff", "check", "--isolated", "models")
    if importlib.util.find_spec("pydantic") is not None:
        _run(
            world,
            "-W",
            "error",
            "-c",
            "from models.schema_org import Book\n"
            "book = Book.model_validate({'name': ['Emma'], 'author': [{'name': ['Jane Austen']}]})\n"
            "assert book.author[0].name == ['Jane Austen']",
        )
