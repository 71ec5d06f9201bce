"""Merging TOML by key: tables, lists of tables, dotted keys, and comments beside all of them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from tests.merge_world import changed, clean, conflicts, merged

from regen_plugins.keyed.node import write
from regen_plugins.keyed.read_toml import parsed, says, tree

BASE = '''\
# Written by a template.

title = "demo"
hosts = [
    "alpha", # the first
    "omega",
]

[server] # where it listens
host = "localhost"
port = 80

[server.tls]
cert = 'C:\\cert'
text = """
several
  lines"""

# people
[[person]]
name = "ada"
age = 36

[[person]]
name = "bob"
age = 40

[person.home]
city = "Rome"
'''


def test_tables_merge_by_key() -> None:
    ours = changed(BASE, ('host = "localhost"', '# mine\nhost = "example.org"'), ("40", "41"))
    theirs = changed(BASE, ("port = 80", "port = 8080\nscheme = 'https'"), ("36", "37"), ('"Rome"', '"Oslo"'))
    pairs = (("port = 80", "port = 8080\nscheme = 'https'"), ("36", "37"), ('"Rome"', '"Oslo"'))
    assert clean("a.toml", BASE, ours, theirs) == changed(ours, *pairs)


def test_a_text_over_lines_merges_by_lines() -> None:
    base = 'a = """\none\n  two\nthree"""\n'
    assert clean("a.toml", base, changed(base, ("one", "1")), changed(base, ("three", "3"))) == (
        'a = """\n1\n  two\n3"""\n'
    )


def test_tables_that_both_add_are_both_kept() -> None:
    ours, theirs = BASE + "\n[mine]\na = 1\n", changed(BASE, ("\n# people", "\n[new]\nb = 2\n\n# people"))
    result = clean("a.toml", BASE, ours, theirs)
    assert result == changed(ours, ("\n# people", "\n[new]\nb = 2\n\n# people"))


def test_a_key_comes_before_the_tables_whoever_adds_them() -> None:
    base = "a = 1\n"
    result = clean("a.toml", base, base + "\n[t]\nb = 1\n", base + "c = 1\n")
    assert tomllib.loads(result) == {"a": 1, "c": 1, "t": {"b": 1}}


def test_a_list_over_lines_keeps_its_comments() -> None:
    ours = changed(BASE, ('    "omega",\n', '    "omega",\n    "mine", # of the user\n'))
    theirs = changed(BASE, ('    "alpha"', '    "aleph",\n    "alpha"'))
    assert clean("a.toml", BASE, ours, theirs) == changed(ours, ('    "alpha"', '    "aleph",\n    "alpha"'))


def test_tables_in_a_list_are_known_by_their_name() -> None:
    ours = BASE + '\n[[person]]\nname = "eve"\n'
    theirs = changed(BASE, ('[[person]]\nname = "ada"', '[[person]]\nname = "zoe"\n\n[[person]]\nname = "ada"'))
    names = [person["name"] for person in tomllib.loads(clean("a.toml", BASE, ours, theirs))["person"]]
    assert names == ["zoe", "ada", "bob", "eve"]


def test_a_value_that_both_changed_is_a_conflict_at_its_key() -> None:
    found, marked = conflicts("a.toml", BASE, changed(BASE, ("40", "41")), changed(BASE, ("40", "42")))
    assert [one.message for one in found] == ["your edit and the template both changed `person.bob.age`"]
    assert "<<<<<<< ours\nage = 41\n||||||| base\nage = 40\n=======\nage = 42\n>>>>>>> theirs\n" in marked


def test_a_table_that_one_side_removed_and_the_other_edited_is_a_conflict() -> None:
    removed = changed(BASE, ('[server] # where it listens\nhost = "localhost"\nport = 80\n\n', ""))
    (conflict,), _ = conflicts("a.toml", BASE, removed, changed(BASE, ("port = 80", "port = 81")))
    assert (conflict.kind, conflict.message) == ("deletion", "you removed `server`, which the template changed")


def test_a_table_that_is_gone_while_the_other_side_adds_one_inside_is_a_conflict() -> None:
    """The two tables are two entries of the file, but one is inside the other by what they say."""
    base = "a = 1\n\n[t]\nb = 1\n"
    (conflict,), marked = conflicts("a.toml", base, "a = 1\n", base + "\n[t.u]\nc = 1\n")
    assert conflict.kind == "deletion"
    assert "=======\n\n[t]\nb = 1\n\n[t.u]\nc = 1\n>>>>>>> theirs\n" in marked


def test_a_table_written_in_another_way_never_merges_wrongly() -> None:
    base = "t.a = 1\nt.b = 2\n"
    result = merged("a.toml", base, "[t]\na = 1\nb = 2\n", "t.a = 1\nt.b = 3\n")
    assert result is not None
    assert result.content is None


@pytest.mark.parametrize(
    "value", ["1979-05-27 07:32:00", "07:32:00", "0xDEAD_BEEF", "-inf", "nan", "true", "{ x = 1, y = [ 1, 2 ] }", "''"]
)
def test_values_of_every_kind_are_kept_as_written(value: str) -> None:
    base = f"a = {value}\nb = 1\nc = 1\n"
    assert clean("a.toml", base, changed(base, ("b = 1", "b = 2")), changed(base, ("c = 1", "c = 2"))) == (
        f"a = {value}\nb = 2\nc = 2\n"
    )


@pytest.mark.parametrize("text", ["a = 1\na = 2\n", "a =\n", "[[x]]\na = 1\n[y]\n[[x]]\na = 2\n", "= 1\n"])
def test_what_has_no_tree_is_left_to_lines(text: str) -> None:
    assert merged("a.toml", text, "o = 1\n", "t = 1\n") is None


def test_an_empty_file_is_a_table_without_keys() -> None:
    assert clean("a.toml", "", "o = 1\n", "t = 1\n") == "o = 1\nt = 1\n"
    assert clean("a.toml", "a = 1\nb = 2\n", "b = 2\n", "a = 1\n") == ""


def test_a_tree_writes_the_bytes_that_it_was_read_from() -> None:
    """Every TOML file of this repository and of what is installed beside it."""
    import packaging

    places = [Path(__file__).parents[1] / "pyproject.toml", *Path(packaging.__file__).parents[1].rglob("*.toml")]
    for text in [BASE, *(path.read_text("utf-8") for path in places)]:
        head, node, foot = tree(text)
        assert head + write(node) + foot == text
        assert says(node) == parsed(text)
