"""The SQL pack: tables that load in any order, then their keys; every name once, quoted where it must be."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import anyio
import pytest
import sqlglot
from sqlglot import exp
from tests.cycle_world import World
from tests.pack_world import STRANGER, project, replace, schema_org, touched


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The stranger's vocabulary and the demo's, generated."""
    world = project(tmp_path_factory.mktemp("sql"), "sql")
    assert anyio.run(world.apply).release is not None
    return world


def _sound(world: World) -> None:
    """Everything parses as PostgreSQL; each table is there once, with each column once; each key finds its table."""
    tables: dict[str, list[str]] = {}
    keys: list[tuple[str, str, str]] = []
    for path, text in world.tree().items():
        for statement in sqlglot.parse(text.decode(), read="postgres"):
            assert not isinstance(statement, exp.Command), path
            if isinstance(statement, exp.Create) and statement.kind == "TABLE":
                name = statement.this.this.sql("postgres")
                assert name not in tables, path
                tables[name] = [column.name for column in statement.find_all(exp.ColumnDef)]
            elif isinstance(statement, exp.Alter):
                keys += [
                    (statement.this.sql("postgres"), key.expressions[0].name, _target(key)) for key in _keys(statement)
                ]
    assert tables
    for name, columns in tables.items():
        assert [column for column, count in Counter(c.casefold() for c in columns).items() if count > 1] == [], name
        assert all(len(part.strip('"').encode()) <= 63 for part in name.split("."))
        assert all(len(column.encode()) <= 63 for column in columns), name
    assert [key for key in keys if key[1] not in tables[key[0]] or "id" not in tables[key[2]]] == []


def _keys(statement: exp.Alter) -> list[exp.ForeignKey]:
    return list(statement.find_all(exp.ForeignKey))


def _target(key: exp.ForeignKey) -> str:
    table = key.args["reference"].find(exp.Table)
    assert table is not None
    return str(table.sql("postgres"))


def test_hard_names_parse_and_clash_nowhere(made: World) -> None:
    """Reserved words, twins in case and namespace, other scripts, names that are too long."""
    _sound(made)
    assert 'CREATE TABLE one_example_ns."order" (' in made.read("sql/1-tables/one_example_ns/order.sql")
    words = made.read("sql/1-tables/one_example_ns/words.sql")
    assert "CREATE TABLE one_example_ns.words__id_ (" in words
    assert re.search(r"CREATE TABLE one_example_ns\.words__a_property_\w+_[0-9a-f]{8} \(", words)


def test_shapes_become_constraints(made: World) -> None:
    """Counts, bounds, lengths, patterns and choices, in the types of their columns."""
    text = made.read("sql/1-tables/two_example_ns/account.sql")
    for line in (  # as PostgreSQL 15 took them
        "    balance numeric CHECK (balance >= -10.5 AND balance < 1000),",
        """ char_length(code) <= 9 AND code ~ '^it''s\\d "x"$'),""",
        "    code text NOT NULL CHECK (char_length(code) >= 2 AND char_length(code) <= 9 AND",
        "    level integer CHECK (level IN (1, 2, 3)),",
        "    opened date CHECK (opened >= DATE '2000-01-01'),",
        "    state text CHECK (state IN ('it''s open', 'shut'))",
        '    "position" integer NOT NULL CHECK ("position" BETWEEN 1 AND 3),',
    ):
        assert line in text
    assert "never" not in text


def test_the_demo_reads_as_sql(made: World) -> None:
    """A column for one value, a table for many, keys apart, a table of values for an enumeration."""
    table = made.read("sql/1-tables/riverside_example_core/patron.sql")
    assert "    card_number text NOT NULL CHECK (card_number ~ '^R[0-9]{8}$'),\n" in table
    assert (
        "CREATE TABLE riverside_example_core.patron__interested_in (\n"
        "    patron_id text NOT NULL REFERENCES riverside_example_core.patron (id) ON DELETE CASCADE,\n"
        "    value text NOT NULL,\n"
        "    PRIMARY KEY (patron_id, value)\n);\n"
    ) in table
    assert "COMMENT ON TABLE riverside_example_core.patron IS 'A person who holds" in table
    keys = made.read("sql/2-foreign-keys/riverside_example_core/patron.sql")
    for column, target in (("id", "person"), ("home_branch", "branch")):
        assert f"({column}) REFERENCES riverside_example_core.{target} (id) DEFERRABLE INITIALLY DEFERRED;" in keys
    assert "'adults', NULL)" in made.read("sql/1-tables/riverside_example_core/audience.sql")


def test_a_change_touches_the_files_that_print_it(tmp_path: Path) -> None:
    """A label nowhere; a comment in its table; a reference in the keys alone; a superclass in the keys alone."""
    world = project(tmp_path, "sql", stranger=STRANGER)
    anyio.run(world.apply)
    replace(world, "stranger.ttl", "one:Void a owl:Class", 'one:Void rdfs:label "void" ; a owl:Class')
    assert touched(anyio.run(world.apply)) == []
    replace(world, "stranger.ttl", "hard to name", "hard to spell")
    assert touched(anyio.run(world.apply)) == ["sql/1-tables/one_example_ns/words.sql"]
    replace(world, "stranger.ttl", "rdfs:range one:Order .", "rdfs:range one:Select .")
    assert touched(anyio.run(world.apply)) == ["sql/2-foreign-keys/one_example_ns/words.sql"]
    replace(world, "stranger.ttl", "rdfs:range xsd:int .", "rdfs:range xsd:boolean .")
    assert touched(anyio.run(world.apply)) == ["sql/1-tables/one_example_ns/car.sql"]
    replace(
        world,
        "stranger.ttl",
        "one:Toy a owl:Class ; rdfs:subClassOf",
        "one:Toy a owl:Class ; rdfs:subClassOf one:Void ,",
    )
    assert touched(anyio.run(world.apply)) == ["sql/2-foreign-keys/one_example_ns/toy.sql"]


VALUES = """
@prefix : <http://shop.example/ns#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:Item a owl:Class ; owl:deprecated true ; <http://purl.org/dc/terms/isReplacedBy> :Thing .
:Thing a owl:Class .
[] sh:targetClass :Item ; sh:property
  [ sh:path :size ; sh:datatype xsd:string ; sh:maxCount 1 ; sh:in ( 1 "s" "S" ) ] ,
  [ sh:path :stock ; sh:datatype xsd:unsignedInt ; sh:maxCount 1 ; sh:minInclusive -5 ;
    sh:maxInclusive "INF"^^xsd:double ] ,
  [ sh:path :rank ; sh:datatype xsd:positiveInteger ; sh:maxCount 1 ; sh:minExclusive 7 ] ,
  [ sh:path :sold ; sh:datatype xsd:date ; sh:maxCount 1 ; sh:maxExclusive "2030-01-01"^^xsd:date , "soon" ] ,
  [ sh:path :code ; sh:datatype xsd:string ; sh:maxCount 1 ; sh:pattern "^a" , "(?i)b" ; sh:flags "i" ] ,
  [ sh:path :like ; sh:class :Thing , :Item ; sh:maxCount 1 ] .
"""


def test_conditions_are_what_the_column_can_hold(tmp_path: Path) -> None:
    """Choices in the column's type; bounds of datatypes; nothing of what PostgreSQL could not compare or match."""
    world = project(tmp_path, "sql", values=VALUES)
    assert anyio.run(world.apply).release is not None
    text = world.read("sql/1-tables/shop_example_ns/item.sql")
    for line in (
        "    size text CHECK (size IN ('1', 'S', 's')),",
        "    stock bigint CHECK (stock >= 0)",
        '    "rank" bigint CHECK ("rank" > 7),',
        "    sold date CHECK (sold < DATE '2030-01-01'),",
        "    code text CHECK (code ~* '^a'),",
        """COMMENT ON TABLE shop_example_ns.item IS 'Deprecated: use Thing instead.';""",
        """COMMENT ON COLUMN shop_example_ns.item."like" IS 'One of: Item, Thing.';""",
    ):
        assert line in text
    assert "INDEX" not in text


RIVALS = """
@prefix a: <https://a.example/> .
@prefix b: <https://b.example/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
a:Above a owl:Class . a:Item a owl:Class ; rdfs:subClassOf a:Above .
b:name rdfs:domain a:Item ; rdfs:range a:Above . b:other rdfs:domain a:Item ; rdfs:range xsd:string .
a:nameB rdfs:domain a:Item . b:title rdfs:domain a:Item ; rdfs:range a:Above . a:title rdfs:domain a:Above , a:Item .
"""


def test_a_key_names_the_column_that_the_table_has(tmp_path: Path) -> None:
    """Also where another property wants that name, which refers to nothing itself; one of a superclass wants none."""
    world = project(tmp_path, "sql", rivals=RIVALS)
    assert anyio.run(world.apply).release is not None
    _sound(world)
    keys = world.read("sql/2-foreign-keys/a_example/item.sql")
    assert "a_example.item__name\n" in keys
    assert "a_example.item__title\n" in keys
    replace(world, "rivals.ttl", "a:nameB rdfs:domain", "a:name rdfs:domain a:Item . a:nameB rdfs:domain")
    assert touched(anyio.run(world.apply)) == [
        "sql/1-tables/a_example/item.sql",
        "sql/2-foreign-keys/a_example/item.sql",
    ]
    _sound(world)
    assert "a_example.item__name\n" not in world.read("sql/2-foreign-keys/a_example/item.sql")


def test_what_is_not_printed_renders_nothing(tmp_path: Path) -> None:
    """Properties that refer to no class, and classes among several ranges, are no business of the keys."""
    world = project(tmp_path, "sql", rivals=RIVALS)
    anyio.run(world.apply)
    for old, new in (
        ("b:other rdfs:domain a:Item ; rdfs:range xsd:string", "b:other rdfs:domain a:Item ; rdfs:range xsd:int"),
        ("xsd:int .", "xsd:int , a:Item ."),
        ("xsd:int , a:Item .", "xsd:int , a:Item , a:Above ."),
        ("a:nameB rdfs:domain a:Item .", "a:nameB rdfs:domain a:Item . a:more rdfs:domain a:Item ."),
    ):
        replace(world, "rivals.ttl", old, new)
        applied = anyio.run(world.apply)
        assert touched(applied) == ["sql/1-tables/a_example/item.sql"]
        assert applied.plan.rendered == 1


@pytest.mark.long
def test_schema_org_parses_and_clashes_nowhere(tmp_path: Path, real_data: Path) -> None:
    """More than 900 classes with several parents each."""
    world = schema_org(tmp_path, "sql", real_data)
    assert anyio.run(world.apply).release is not None
    _sound(world)
