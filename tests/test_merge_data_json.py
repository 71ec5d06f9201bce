"""Merging JSON by key: what both sides did is in the result, in the layout of the user's file, or it is a conflict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.merge_world import changed, clean, conflicts, merged

from regen.model.merge import ThreeWay
from regen_plugins.keyed.node import write
from regen_plugins.keyed.read_json import tree
from regen_plugins.merge_data import regen_merge

BASE = """\
{
  "name": "demo",
  "version": 1,
  "server": {
    "host": "localhost",
    "port": 80
  },
  "tags": ["a", "b", "c"],
  "people": [
    {"id": "ada", "age": 36},
    {"id": "bob", "age": 40}
  ]
}
"""


def test_each_side_edits_another_key_of_one_object() -> None:
    ours = changed(BASE, ('"localhost"', '"example.org"'))
    theirs = changed(BASE, ('"port": 80', '"port": 8080'))
    assert clean("a.json", BASE, ours, theirs) == changed(ours, ('"port": 80', '"port": 8080'))


def test_keys_added_in_one_place_are_both_kept() -> None:
    ours = changed(BASE, ('"port": 80', '"port": 80,\n    "mine": true'))
    theirs = changed(BASE, ('"port": 80', '"port": 80,\n    "tls": false'))
    assert '"port": 80,\n    "tls": false,\n    "mine": true\n  }' in clean("a.json", BASE, ours, theirs)


def test_a_value_that_both_changed_is_a_conflict_at_its_key() -> None:
    ours, theirs = changed(BASE, ("80", "81")), changed(BASE, ("80", "82"), ("demo", "new"))
    (conflict,), marked = conflicts("a.json", BASE, ours, theirs)
    assert (conflict.kind, conflict.message) == ("content", "your edit and the template both changed `server.port`")
    assert (conflict.ours_lines, conflict.base_lines, conflict.theirs_lines) == ((6, 7), (6, 7), (6, 7))
    block = '<<<<<<< ours\n    "port": 81\n||||||| base\n    "port": 80\n=======\n    "port": 82\n>>>>>>> theirs\n'
    assert marked == changed(BASE, ('    "port": 80\n', block), ("demo", "new"))


def test_conflicts_have_markers_each_in_the_order_of_the_file() -> None:
    base = '{\n  "a": 1,\n  "b": 1,\n  "c": 1\n}\n'
    ours, theirs = '{\n  "c": 2,\n  "a": 2,\n  "b": 2\n}\n', base.replace("1", "3")
    found, marked = conflicts("a.json", base, ours, theirs)
    assert [one.message[-3:] for one in found] == ["`c`", "`a`", "`b`"]
    assert [line[3] for line in marked.split("<<<<<<< ours\n")[1:]] == ["c", "a", "b"]


def test_a_removed_key_that_the_other_side_edited_is_a_conflict_of_deletion() -> None:
    ours, theirs = changed(BASE, ('  "version": 1,\n', "")), changed(BASE, ("1,", "2,"))
    (conflict,), marked = conflicts("a.json", BASE, ours, theirs)
    assert (conflict.kind, conflict.message) == ("deletion", "you removed `version`, which the template changed")
    assert (conflict.ours_lines, conflict.theirs_lines) == (None, (3, 4))
    assert '||||||| base\n  "version": 1,\n=======\n  "version": 2,\n>>>>>>>' in marked


def test_a_removed_key_that_the_other_side_left_alone_is_gone() -> None:
    ours, theirs = changed(BASE, ('  "version": 1,\n', "")), changed(BASE, ("80", "81"))
    assert clean("a.json", BASE, ours, theirs) == changed(ours, ("80", "81"))


def test_the_last_key_goes_and_one_is_added_after_it() -> None:
    """Commas are where they belong."""
    base = '{\n  "a": 1,\n  "b": 2\n}\n'
    assert clean("a.json", base, '{\n  "a": 1\n}\n', base.replace("2", '2,\n  "c": 3')) == '{\n  "a": 1,\n  "c": 3\n}\n'


def test_a_moved_key_keeps_the_edit_of_the_other_side() -> None:
    ours = changed(BASE, ('  "name": "demo",\n', ""), ('  "tags"', '  "name": "demo",\n  "tags"'))
    theirs = changed(BASE, ('"demo"', '"new"'))
    assert clean("a.json", BASE, ours, theirs) == changed(ours, ('"demo"', '"new"'))


def test_keys_that_both_sides_put_in_another_order_merge() -> None:
    """An object says the same in any order."""
    base = '{"a": 1, "b": 2, "c": 3}\n'
    result = merged("a.json", base, '{"b": 2, "a": 1, "c": 4}\n', '{"a": 1, "c": 3, "b": 5}\n')
    assert result is not None
    assert result.content == b'{"b": 5, "a": 1, "c": 4}\n'


def test_a_list_of_values_merges_as_lines_do() -> None:
    ours, theirs = changed(BASE, ('"a", ', '"mine", "a", ')), changed(BASE, (', "c"', ""))
    assert '"tags": ["mine", "a", "b"],' in clean("a.json", BASE, ours, theirs)


def test_words_that_both_append_to_a_list_are_both_there() -> None:
    """The template's first; in order where the list is sorted."""
    ours, theirs = changed(BASE, ('"c"', '"c", "z"')), changed(BASE, ('"c"', '"c", "t"'))
    assert '"tags": ["a", "b", "c", "t", "z"]' in clean("a.json", BASE, ours, theirs)
    base = changed(BASE, ('["a", "b", "c"]', '["b", "a"]'))
    ours, theirs = changed(base, ('"a"]', '"a", "o"]')), changed(base, ('"a"]', '"a", "t"]'))
    assert '"tags": ["b", "a", "t", "o"]' in clean("a.json", base, ours, theirs)


@pytest.mark.parametrize(
    ("before", "mine", "other"),
    [
        ('["a"]', '["a", "o p"]', '["a", "t"]'),
        ('["a"]', '["a", "-o"]', '["a", "-t"]'),
        ("[1]", "[1, 2]", "[1, 3]"),
        ('["a", "a"]', '["a", "a", "o"]', '["a", "a", "t"]'),
        ('["a"]', '["o"]', '["t"]'),
        ('["a"]', '["a", "o"]', '["t"]'),
    ],
)
def test_values_whose_order_may_say_something_are_a_conflict(before: str, mine: str, other: str) -> None:
    """Arguments, steps, numbers; and a word that a side changed."""
    sides = [changed(BASE, ('["a", "b", "c"]', items)) for items in (before, mine, other)]
    (conflict,), _ = conflicts("a.json", *sides)
    assert conflict.message == "your edit and the template both changed items of `tags`"


def test_objects_in_a_list_are_known_by_their_id() -> None:
    ours = changed(BASE, ('"age": 40}', '"age": 40, "note": "mine"},\n    {"id": "eve"}'))
    theirs = changed(BASE, ('{"id": "ada"', '{"id": "zoe"},\n    {"id": "ada"'), ("40", "41"))
    expected = changed(ours, ('{"id": "ada"', '{"id": "zoe"},\n    {"id": "ada"'), ("40", "41"))
    assert clean("a.json", BASE, ours, theirs) == expected


def test_an_object_without_id_merges_where_it_alone_was_changed() -> None:
    base = '{"points": [{"x": 1, "y": 1}, {"x": 5, "y": 5}]}\n'
    assert clean("a.json", base, base.replace('"x": 1', '"x": 2'), base.replace('"y": 1', '"y": 3')) == base.replace(
        '"x": 1, "y": 1', '"x": 2, "y": 3'
    )


def test_objects_without_id_beside_each_other_are_changed_by_one_side_each() -> None:
    base = '{"rows": [[1, 2], [3, 4], [5, 6]]}\n'
    ours, theirs = base.replace("1", "10"), base.replace("4", "40")
    assert clean("a.json", base, ours, theirs) == ours.replace("4", "40")
    shifted = base.replace("[1, 2], ", "").replace("6]", "6], [7, 8]")
    conflicts("a.json", base, shifted, theirs)


def test_items_that_both_sides_moved_are_a_conflict() -> None:
    base = '[{"id": 1}, {"id": 2}, {"id": 3}]\n'
    ours, theirs = '[{"id": 2}, {"id": 1}, {"id": 3}]\n', '[{"id": 1}, {"id": 3}, {"id": 2}]\n'
    (conflict,), _ = conflicts("a.json", base, ours, theirs)
    assert conflict.kind == "content"


def test_a_file_that_the_user_laid_out_anew_keeps_that_layout() -> None:
    ours = json.dumps(json.loads(BASE), indent="\t") + "\n"
    theirs = changed(BASE, ('"port": 80', '"port": 81,\n    "tls": true'), ('"c"]', '"c", "d"]'))
    result = clean("a.json", BASE, ours, theirs)
    assert result == json.dumps(json.loads(theirs), indent="\t") + "\n"


def test_an_edit_in_a_line_goes_into_a_file_that_the_template_laid_out_anew() -> None:
    base = '{"a": 1, "b": {"c": 2}}\n'
    theirs = json.dumps(json.loads(base), indent=4) + "\n"
    assert clean("a.json", base, '{"a": 1, "b": {"c": 2, "d": 3}}\n', theirs) == theirs.replace(
        '"c": 2', '"c": 2,\n        "d": 3'
    )


COMMENTED = """\
// settings
{
  "a": 1, // the first
  /* about b */
  "b": [
    1, // one
    2
  ],
  "c": true, // last
}
"""


def test_comments_stay_with_what_they_stand_beside() -> None:
    ours = changed(COMMENTED, ('  "c"', '  // mine\n  "c"'), ("// the first", "// the very first"))
    theirs = changed(COMMENTED, ('"a": 1', '"a": 2'), ("    2\n", "    2,\n    3 // three\n"), ("true", "false"))
    expected = changed(ours, ('"a": 1', '"a": 2'), ("    2\n", "    2,\n    3 // three\n"), ("true", "false"))
    assert clean("tsconfig.json", COMMENTED, ours, theirs) == expected


def test_a_comment_is_somebodys_work() -> None:
    """One that was added to a key which the other side removed is a conflict; two edits of one comment are another."""
    ours = changed(COMMENTED, ("// the first", "// the first, ask Ada"))
    assert conflicts("a.json", COMMENTED, ours, changed(COMMENTED, ('  "a": 1, // the first\n', "")))[0][0].kind == (
        "deletion"
    )
    theirs = changed(COMMENTED, ("// the first", "// the 1st"))
    (conflict,), _ = conflicts("a.json", COMMENTED, ours, theirs)
    assert conflict.message == "your edit and the template both changed the comments of `a`"


def test_a_comment_that_both_added_a_key_under_stands_once() -> None:
    ours, theirs = (changed(COMMENTED, ('  "b"', f'  "{who}": 0,\n  "b"')) for who in ("o", "t"))
    assert clean("a.json", COMMENTED, ours, theirs).count("/* about b */") == 1


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 2}', "{'a': 1}", '{"a": }', "", "[1, 2", '{"a"' + " " * 500, '{"a": 1} x', "[" * 5000]
)
def test_what_is_no_json_is_left_to_lines(text: str) -> None:
    assert merged("a.json", text + "\n", '{"o": 1}\n', '{"t": 1}\n') is None
    assert merged("a.json", '{"o": 1}\n', text + "\n", '{"t": 1}\n') is None


def test_no_base_and_bytes_that_are_no_text_are_left_to_lines() -> None:
    assert regen_merge(ThreeWay("a.json", "json", None, b"{}", b"[]")) is None
    assert merged("a.json", b"{}", b'{"a": "\xff"}', b'{"b": 1}') is None
    assert merged("a.json", b"{}", b'{"a": "\0"}', b'{"b": 1}') is None
    assert merged("a.json", b"{}\n", b'{"a": 1}\r\n{\n', b'{"b": 1}\n') is None


def test_other_languages_are_left_to_others() -> None:
    assert regen_merge(ThreeWay("a.go", "go", b'{"a": 1}', b'{"a": 1, "o": 1}', b'{"a": 1, "t": 1}')) is None


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_mark_and_last_newline_are_those_of_the_users_file(bom: bytes, end: bytes, last: bool) -> None:
    def dressed(text: str) -> bytes:
        body = text.encode() if last else text.encode().removesuffix(b"\n")
        return bom + body.replace(b"\n", end)

    ours, theirs = changed(BASE, ("demo", "mine")), changed(BASE, ("80", "81"))
    result = merged("a.json", BASE, dressed(ours), theirs)
    assert result is not None
    assert result.content == dressed(changed(ours, ("80", "81")))


def test_numbers_are_compared_as_they_are_written() -> None:
    """1.0 and 1 are two values, and no number loses digits."""
    base = '{"a": 12345678901234567890.10, "b": 1}\n'
    assert clean("a.json", base, base.replace('"b": 1', '"b": 1.0'), base.replace("10,", "11,")) == (
        '{"a": 12345678901234567890.11, "b": 1.0}\n'
    )


def test_a_tree_writes_the_bytes_that_it_was_read_from(real_data: Path) -> None:
    read = 0
    for path in sorted(real_data.rglob("*.json"))[:200]:
        text = path.read_text("utf-8")
        if len(text) < 200_000 and "\r" not in text:
            head, node, foot = tree(text)
            assert head + write(node) + foot == text
            read += 1
    assert read


def test_deep_files_merge_as_far_as_they_are_read() -> None:
    deep = "[" * 60 + '{"a": 1, "b": 1}' + "]" * 60 + "\n"
    assert clean("a.json", deep, deep.replace('"a": 1', '"a": 2'), deep.replace('"b": 1', '"b": 2')) == deep.replace(
        '"a": 1, "b": 1', '"a": 2, "b": 2'
    )
    assert merged("a.json", f"[[[[[{deep}]]]]]\n", deep, "1\n") is None


def test_ten_thousand_lines_merge() -> None:
    """Each line is read once a side and once in the result: no work grows with the square of the file."""
    base = {f"k{at}": {"name": f"n{at}", "values": [at, at + 1]} for at in range(1400)}
    ours = {key: {**value, "mine": 1} if key.endswith("7") else value for key, value in base.items()}
    theirs = {key: {**value, "name": "new"} if key.endswith("5") else value for key, value in base.items()}
    both = {key: {**ours[key], **theirs[key]} for key in base}
    texts = [json.dumps(side, indent=2) + "\n" for side in (base, ours, theirs)]
    assert texts[0].count("\n") > 9_500
    result = merged("a.json", *texts)
    assert result is not None
    assert result.content is not None
    assert json.loads(result.content) == both
