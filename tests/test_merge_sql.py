"""Merging SQL scripts by statement, tables by column; what cannot be cut into statements is left to lines."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.merge_world import changed

from regen.lines.marked import Marked, pieces
from regen.lines.text import take_apart
from regen.model.merge import Merged, ThreeWay
from regen_plugins.merge_sql import regen_merge
from regen_plugins.merge_sql.outline import statements

BASE = """\
-- Tables of the shop.

CREATE TABLE shop.person (
    id text NOT NULL,
    -- as on the passport
    name text NOT NULL, -- one line
    age integer CHECK (age >= 0),
    PRIMARY KEY (id)
);

CREATE INDEX person__name ON shop.person (name);

COMMENT ON TABLE shop.person IS 'A person; or "somebody".';
"""


def merged(base: str, ours: str, theirs: str) -> Merged | None:
    return regen_merge(ThreeWay("a.sql", "sql", base.encode(), ours.encode(), theirs.encode()))


def clean(base: str, ours: str, theirs: str) -> str:
    """The merge, which has to be clean, for either side as ours, and to change nothing when done again."""
    one, other = merged(base, ours, theirs), merged(base, theirs, ours)
    assert one is not None
    assert other is not None
    assert (one.conflicts, other.conflicts) == ((), ())
    assert one.content is not None
    assert other.content is not None
    assert one.how == "structure"
    text = one.content.decode()
    assert sorted(text.replace(",", "").splitlines()) == sorted(other.content.decode().replace(",", "").splitlines())
    again = merged(theirs, text, theirs)
    assert again is not None
    assert again.content == one.content
    return text


def conflict(base: str, ours: str, theirs: str) -> tuple[str, str]:
    """Kind and message of the only conflict; each place of a conflict has markers."""
    one, other = merged(base, ours, theirs), merged(base, theirs, ours)
    assert one is not None
    assert other is not None
    assert one.content is other.content is None
    assert len(one.conflicts) == len(other.conflicts) == 1
    assert one.marked is not None
    places = [piece for piece in pieces(take_apart(one.marked).lines) if isinstance(piece, Marked)]
    assert len(places) == (one.conflicts[0].kind != "structure")
    return one.conflicts[0].kind, one.conflicts[0].message


def test_statements_that_both_add_at_the_end_are_both_there() -> None:
    """The template's first."""
    ours = BASE + "\nCREATE INDEX mine ON shop.person (age);\n"
    theirs = BASE + "COMMENT ON COLUMN shop.person.age IS 'In\n\nyears.';\n"
    assert clean(BASE, ours, theirs) == theirs + "\nCREATE INDEX mine ON shop.person (age);\n"


def test_columns_that_both_add_in_one_place_are_both_there() -> None:
    """Commas follow, comments stay where they were put."""
    ours = changed(BASE, ("    age integer", "    nick text, -- mine\n    age integer"))
    theirs = changed(BASE, ("    age integer", "    -- new\n    born date,\n    age integer"), ("age >= 0", "age > 0"))
    assert clean(BASE, ours, theirs) == changed(theirs, ("    age integer", "    nick text, -- mine\n    age integer"))


def test_a_column_goes_behind_the_last_one() -> None:
    base = "CREATE TABLE a (\n    b int -- last\n);\n"
    ours, theirs = (
        changed(base, ("b int --", "b int, --"), ("\n);", "\n    c int\n);")),
        changed(base, ("int", "bigint")),
    )
    assert clean(base, ours, theirs) == "CREATE TABLE a (\n    b bigint, -- last\n    c int\n);\n"
    assert clean(base, ours, base.replace("b int -- last", "b int, -- last\n    d int")) == (
        "CREATE TABLE a (\n    b int, -- last\n    d int,\n    c int\n);\n"
    )


def test_a_changed_key_and_an_added_column_both_stand() -> None:
    """They touch: by lines this is a conflict."""
    ours = changed(BASE, ("    PRIMARY", "    nick text,\n    PRIMARY"))
    theirs = changed(BASE, ("PRIMARY KEY (id)", "PRIMARY KEY (id, name)"))
    assert clean(BASE, ours, theirs) == changed(ours, ("PRIMARY KEY (id)", "PRIMARY KEY (id, name)"))


def test_a_statement_that_is_moved_takes_the_other_edit_along() -> None:
    index = "CREATE INDEX person__name ON shop.person (name);\n\n"
    ours = changed(BASE, (index, "")) + "\n" + index.rstrip("\n") + "\n"
    theirs = changed(BASE, ("person (name)", "person (name, age)"))
    assert clean(BASE, ours, theirs) == changed(ours, ("person (name)", "person (name, age)"))


CONFLICTS = [
    (("age integer", "age bigint"), ("age integer", "age text"), "content", "both changed column `age`"),
    (("(name);", "(age);"), ("(name);", "(id);"), "content", "both changed index `person__name`"),
    (("-- Tables", "-- My tables"), ("-- Tables", "-- All tables"), "content", "the comments at the start"),
    (("(name);", "(age);"), ("CREATE INDEX person__name ON shop.person (name);\n\n", ""), "deletion", "removed index"),
    (("age integer", "age int"), ("    age integer CHECK (age >= 0),\n", ""), "deletion", "removed column `age`"),
    *(
        ((f"\n{before}", f"\n{mine}\n\n{before}"), (f"\n{before}", f"\n{other}\n\n{before}"), "content", message)
        for before, mine, other, message in (
            ("COMMENT", "CREATE VIEW x AS SELECT 1;", "CREATE TABLE x (a int);", "both added `x`"),
            ("COMMENT", "DELETE FROM shop.person;", "UPDATE shop.person SET age = 1;", "both added lines here"),
            ("    name text", "    nick text,", "    nick int,", "both added column `nick`"),
        )
    ),
]


@pytest.mark.parametrize(("mine", "other", "kind", "message"), CONFLICTS)
def test_what_only_a_person_can_tell_is_a_conflict(
    mine: tuple[str, str], other: tuple[str, str], kind: str, message: str
) -> None:
    found = conflict(BASE, changed(BASE, mine), changed(BASE, other))
    assert found[0] == kind
    assert message in found[1]


def test_what_one_side_removed_and_the_other_uses_is_a_conflict() -> None:
    """In another place of the file, where lines would merge."""
    ours = changed(BASE, ("    age integer CHECK (age >= 0),\n", ""))
    theirs = BASE + "\nCREATE INDEX person__age ON shop.person (age);\n"
    assert conflict(BASE, ours, theirs)[1] == "you removed column `age` of `shop.person`, which the template uses"
    base = BASE + "\nCREATE TABLE shop.basket (\n    id text\n);\n"
    theirs = changed(base, ("    PRIMARY", "    basket text REFERENCES shop.basket (id),\n    PRIMARY"))
    assert conflict(base, BASE, theirs)[1] == "you removed `shop.basket`, which the template uses"


def test_a_table_that_both_add_in_two_places_is_a_conflict() -> None:
    """A merge of lines has it twice."""
    table = "CREATE TABLE shop.basket (\n    id text\n);\n\n"
    ours = changed(BASE, ("CREATE TABLE", table + "CREATE TABLE"))
    theirs = BASE + "\n" + table.replace("text", "int")
    assert "both added `shop.basket`" in conflict(BASE, ours, theirs)[1]


def test_what_is_only_laid_out_otherwise_is_no_edit() -> None:
    ours = changed(BASE, ("CREATE INDEX person__name ON", "create index person__name\n    on"))
    theirs = changed(BASE, ("shop.person (name)", "shop.person (age)"))
    assert clean(BASE, ours, theirs) == theirs


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;\n",
        "INSERT INTO a VALUES ('it\\'s');\n",
        "SELECT 1; SELECT 2;\n",
        "SELECT 1\n",
        "# a comment of MySQL\nSELECT 1;\n",
        "DELIMITER //\nSELECT 1;\n",
        "SELECT 'open;\n",
        "SELECT (1;\n",
        "\\i other.sql\nSELECT 1;\n",
        "/* one /* two */ three */\nSELECT 1;\n",
    ],
)
def test_what_cannot_be_cut_into_statements_is_left_to_lines(text: str) -> None:
    assert merged(text, "-- mine\n" + text, text + "-- other\n") is None


def test_bodies_between_dollars_are_one_text() -> None:
    base = BASE + "\nCREATE FUNCTION f() RETURNS int AS $f$\nBEGIN\n  RETURN 1;\nEND;\n$f$ LANGUAGE plpgsql;\n"
    ours = base + "\nCREATE INDEX mine ON shop.person (age);\n"
    theirs = changed(base, ("RETURN 1", "RETURN 2")) + "\nCREATE INDEX other ON shop.person (id);\n"
    assert clean(base, ours, theirs) == theirs + "\nCREATE INDEX mine ON shop.person (age);\n"


def test_names_are_told_by_what_they_say() -> None:
    base = 'CREATE TABLE IF NOT EXISTS "Shop"."Order" (\n    "key" int\n);\nALTER TABLE a ADD COLUMN b int;\n'
    assert [one.key for one in statements(tuple(base.splitlines()))] == [
        ("header",),
        ("relation", "Shop.Order"),
        ("column", "a", "b"),
        ("footer",),
    ]


COLUMNS = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 3)), max_size=5, unique_by=lambda pair: pair[0])
TABLES = st.dictionaries(st.sampled_from(("p", "q", "r", "s")), COLUMNS, max_size=4)


def written(tables: dict[str, list[tuple[str, int]]]) -> str:
    parts = []
    for name, columns in tables.items():
        items = [f"    {column} varchar({size})" for column, size in columns] + ["    PRIMARY KEY (id)"]
        parts.append(f"CREATE TABLE {name} (\n" + ",\n".join(items) + "\n);\n")
        parts.extend(f"CREATE INDEX {name}_{column} ON {name} ({column});\n" for column, _ in columns[:1])
    return "\n".join(parts)


@settings(max_examples=300, deadline=None)
@given(TABLES, TABLES, TABLES)
def test_every_edit_is_in_the_merge_or_in_a_conflict(
    base: dict[str, list[tuple[str, int]]],
    ours: dict[str, list[tuple[str, int]]],
    theirs: dict[str, list[tuple[str, int]]],
) -> None:
    """And the merge says the same whichever side is ours, and again."""
    before, mine, other = written(base), written(ours), written(theirs)
    result, exchanged = merged(before, mine, other), merged(before, other, mine)
    assert result is not None
    assert exchanged is not None
    assert (result.content is None) == (exchanged.content is None)
    if result.content is None:
        assert result.conflicts
        return
    assert exchanged.content is not None
    text = result.content.decode()
    assert sorted(text.replace(",", "").split()) == sorted(exchanged.content.decode().replace(",", "").split())
    again = merged(other, text, other)
    assert again is not None
    assert again.content == result.content
    got = columns_of(text)
    for key in {*columns_of(before), *columns_of(mine), *columns_of(other), *got}:
        old, one, two = (columns_of(side).get(key) for side in (before, mine, other))
        assert got.get(key) == (two if one == old else one)
        assert old in (one, two) or one == two


def columns_of(text: str) -> dict[str, str]:
    """Each column of each table to its type, and each statement to itself."""
    found = {}
    table = ""
    for line in text.splitlines():
        if line.startswith("CREATE TABLE"):
            table = line
        if line.startswith("    "):
            name, _, rest = line.strip().rstrip(",").partition(" ")
            found[f"{table} {name}"] = rest
        elif line.startswith("CREATE"):
            found[line] = line
    return found


@settings(max_examples=60, deadline=None)
@given(TABLES, TABLES)
def test_what_one_side_did_alone_is_done(
    base: dict[str, list[tuple[str, int]]], side: dict[str, list[tuple[str, int]]]
) -> None:
    """merge(b, o, b) = o, merge(b, b, t) = t, merge(b, x, x) = x."""
    before, after = written(base), written(side)
    for sides in ((after, before), (before, after), (after, after)):
        result = merged(before, *sides)
        assert result is not None
        assert result.content == after.encode()
