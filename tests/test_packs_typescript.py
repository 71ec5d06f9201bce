"""The TypeScript pack: modules that parse, refer to what exists, and hold no name twice."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import anyio
import pytest
import regen_graphs
import tree_sitter_typescript
from tests.cycle_world import World
from tests.pack_world import faults, project, schema_org, touched

MODULES = '[vars.modules]\n"https://one.example/ns/" = "safe"\n"https://riverside.example/core#" = "core"\n'
HARD = """\
@prefix x: <http://hard.example/ns#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
x:Index a owl:Class . x:Table a owl:Class . x:TableSchema a owl:Class . x:Date a owl:Class . x:Map a owl:Class .
x:Words a owl:Class .
x:abstract rdfs:domain x:Words . x:class rdfs:domain x:Words . x:get rdfs:domain x:Words .
x:constructor rdfs:domain x:Words .
[] sh:targetClass x:Words ; sh:property
  [ sh:path x:path ; sh:datatype xsd:string ; sh:maxCount 1 ; sh:pattern "^/[a-z]+/\\\\d$" ] ,
  [ sh:path x:level ; sh:minCount 1 ; sh:maxCount 1 ; sh:in ( 1 2 "three" ) ] ,
  [ sh:path x:number ; sh:datatype xsd:decimal ; sh:maxCount 1 ; sh:minInclusive 0.5 ; sh:maxExclusive 10 ] ,
  [ sh:path x:many ; sh:datatype xsd:string ; sh:minCount 1 ; sh:maxCount 4 ; sh:minLength 2 ] .
x:Disc a owl:Class ; rdfs:comment "A disc." ; owl:deprecated true ; dct:isReplacedBy x:Index , x:Table .
[] sh:targetClass x:Disc ; sh:property
  [ sh:path x:sideCode ; sh:datatype xsd:string ; sh:maxCount 1 ; sh:pattern "^a$" ] ,
  [ sh:path x:side_code ; sh:datatype xsd:string ; sh:maxCount 1 ; sh:pattern "^b$" ] ,
  [ sh:path x:grade ; sh:maxCount 1 ; sh:in ( "a" "A" ) ] ,
  [ sh:path x:wide ; sh:minCount 1 ; sh:maxCount 9 ; sh:in (
    "the first of a few long choices" "the second of a few long choices" "the third of a few long choices" ) ] .
"""
ODD = """\
@prefix x: <http://odd.example/ns#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
x:B a owl:Class .
x:A a owl:Class ; rdfs:subClassOf x:B .
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The demo's vocabulary, a stranger's, and one that is hard on TypeScript, generated."""
    world = project(tmp_path_factory.mktemp("typescript"), "typescript", MODULES)
    world.write("graphs/hard.ttl", HARD)
    assert anyio.run(world.apply).release is not None
    return world


def _exports(text: str) -> list[str]:
    return re.findall(r"^export (?:interface|const|type|function) ([\w$]+)", text, re.MULTILINE)


def _sound(world: World) -> None:
    """Every file parses; what is imported exists; no module exports, and no interface has, a name twice."""
    grammar = tree_sitter_typescript.language_typescript()
    tree = {path: text for path, text in world.tree().items() if path.endswith(".ts")}
    assert {path: found for path, text in tree.items() if (found := faults(grammar, text))} == {}
    assert len({path.casefold() for path in tree}) == len(tree)
    files = {path: text.decode() for path, text in tree.items()}
    modules: dict[str, set[str]] = {}
    for path, text in files.items():
        folder, _, name = path.rpartition("/")
        if name == "index.ts":
            assert sorted(re.findall(r'^export \* .*"\./(.+)\.js";$', text, re.MULTILINE)) == sorted(
                other[len(folder) + 1 : -3]
                for other in files
                if other.startswith(folder + "/")
                and other != path
                and (other.count("/") == path.count("/") or other.endswith("/index.ts"))
            )
            continue
        exports = modules.setdefault(folder, set())
        own = set(_exports(text))
        assert not own & exports, (path, own & exports)
        exports |= own
        members = re.findall(r'^  ("[^"]*"|[^\s"]+?)\??:', text, re.MULTILINE)
        assert len(set(members)) == len(members), path
    for path, text in files.items():
        aliases = dict(re.findall(r'^import \* as (\w+) from "(.+)/index\.js";$', text, re.MULTILINE))
        for alias, place in aliases.items():
            folder = Path(path).parent / place if place != "." else Path(path).parent
            known = modules[folder.resolve().relative_to(Path.cwd()).as_posix()]
            used = set(re.findall(rf"\b{alias}\.(\w+)", text))
            assert used, f"{path} imports {alias} for nothing"
            assert used <= known, (path, used - known)


def test_vocabularies_become_modules_that_fit_together(made: World) -> None:
    _sound(made)
    index = made.read("models/index.ts")
    assert 'export * as core from "./core/index.js";\n' in index
    assert 'export * as riversideExampleOperations from "./riverside_example_operations/index.js";\n' in index


def test_a_class_is_an_interface_a_shape_and_a_schema(made: World) -> None:
    text = made.read("models/core/work.ts")
    assert "const CLASS_PATTERN = /^[0-9]{3}(\\.[0-9]+)?$/u;" in text
    assert "export interface Work extends core.Entity {" in text
    assert "  /** Notation in the Dewey Decimal Classification, such as 823.914. */\n  class?: string;\n" in text
    assert "    class: z.string().regex(CLASS_PATTERN).optional(),\n" in text
    assert "    title: z.array(z.string().min(1)).min(1),\n" in text
    assert "export const WorkSchema: z.ZodType<Work> = z.lazy(() =>" in text


def test_of_several_superclasses_the_first_counts(made: World) -> None:
    text = made.read("models/core/branch.ts")
    assert 'Omit<core.Organization, "address">,' in text
    assert 'Omit<core.Place, keyof core.Organization | "address"> {' in text
    assert text.index("...core.shapeOfPlace(),") < text.index("...core.shapeOfOrganization(),")


def test_words_and_names_of_the_language_are_no_clash(made: World) -> None:
    words = made.read("models/hard_example_ns/words.ts")
    assert '  ["abstract"]?: string[];\n  class?: string[];\n  constructor?: string[];\n' in words
    assert r"const PATH_PATTERN = /^\/[a-z]+\/\d$/u;" in words
    assert '    level: z.literal([1, 2, "three"]),\n' in words
    assert "    number: z.number().gte(0.5).lt(10).optional(),\n" in words
    assert "    many: z.array(z.string().min(2)).min(1).max(4),\n" in words
    assert "export interface Index {" in made.read("models/hard_example_ns/index_.ts")
    assert "export const TableSchema: " in made.read("models/hard_example_ns/table.ts")
    assert "export const TableSchema_Schema: " in made.read("models/hard_example_ns/table_schema.ts")


def test_what_is_deprecated_says_so_once(made: World) -> None:
    text = made.read("models/hard_example_ns/disc.ts")
    assert "/**\n * A disc.\n *\n * @deprecated Use Index, Table.\n */\n" in text


def test_names_and_choices_that_differ_in_case_alone_stay_apart(made: World) -> None:
    text = made.read("models/hard_example_ns/disc.ts")
    assert "const SIDE_CODE_PATTERN = /^a$/u;\nconst SIDE_CODE_PATTERN_ = /^b$/u;\n" in text
    assert "    side_code: z.string().regex(SIDE_CODE_PATTERN_).optional(),\n" in text
    assert '  grade?: "A" | "a";\n' in text


def test_what_is_too_long_for_a_line_stands_on_several(made: World) -> None:
    text = made.read("models/hard_example_ns/disc.ts")
    assert '    wide: z\n      .array(\n        z.literal([\n          "the first of a few long choices",\n' in text
    assert "        ]),\n      )\n      .min(1)\n      .max(9),\n" in text
    assert '  wide: (\n    | "the first of a few long choices"\n' in text


def test_a_module_may_be_named_like_a_word_of_the_language(tmp_path: Path) -> None:
    world = project(tmp_path, "typescript", '[vars.modules]\n"http://odd.example/ns#" = "class"\n', odd=ODD)
    anyio.run(world.apply)
    assert world.read("models/index.ts") == 'export * as class_ from "./class_/index.js";\n'
    assert "export interface A extends class_.B {}\n" in world.read("models/class_/a.ts")


def test_an_enumeration_is_an_object_and_its_values(made: World) -> None:
    text = made.read("models/riverside_example_operations/outcome.ts")
    assert '  /** The item was not looked for. */\n  None: "None",\n' in text
    assert '  "wrong-shelf": "wrong-shelf",\n} as const;\n' in text
    assert "export type Outcome = z.infer<typeof OutcomeSchema>;\n" in text


def test_it_is_as_prettier_leaves_it(made: World) -> None:
    """Prettier counts signs of wide scripts twice."""
    if shutil.which("prettier") is None:
        pytest.skip("prettier is not on the path")
    paths = sorted(path for path in made.tree() if path.isascii())
    done = subprocess.run(
        ["prettier", "--check", *paths], cwd=made.root / "out", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_change_of_the_graph_touches_what_it_is_about(tmp_path: Path) -> None:
    world = project(tmp_path, "typescript", MODULES)
    anyio.run(world.apply)
    regen_graphs.write(tmp_path / "graphs", regen_graphs.CHANGE)
    assert touched(anyio.run(world.apply)) == [
        "models/core/contact_point.ts",
        "models/core/novel.ts",
        "models/riverside_example_operations/hold.ts",
    ]


@pytest.mark.long
def test_schema_org_becomes_modules_that_fit_together(real_data: Path, tmp_path: Path) -> None:
    world = schema_org(tmp_path, "typescript", real_data)
    anyio.run(world.apply)
    assert len(world.tree()) > 1000
    _sound(world)
