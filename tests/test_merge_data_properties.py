"""Merging data files: whatever two sides make of a third, the result says what both did, or there is a conflict."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.merge_world import merged

KEYS = ["a", "b", "c", "d", "name"]
SCALARS = st.sampled_from([0, 1, 2.5, True, "x", "y z", "", "# no comment", "ü: {", "0"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
FILES = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5)
ABSENT: Any = object()


@st.composite
def edited(draw: st.DrawFn, value: Any) -> Any:
    """A value with edits at any depth: keys and items added, removed, moved and changed."""
    what = draw(st.sampled_from(["keep", "inside", "inside", "replace"]))
    if what == "keep":
        return value
    if isinstance(value, dict) and what == "inside":
        items = [
            (key, draw(edited(part)) if draw(st.booleans()) else part)
            for key, part in value.items()
            if draw(st.integers(0, 5))
        ]
        new = draw(st.sampled_from([*KEYS, None]))
        if new is not None and new not in value:
            items.insert(draw(st.integers(0, len(items))), (new, draw(VALUES)))
        return dict(draw(st.permutations(items)) if draw(st.integers(0, 4)) == 0 else items)
    if isinstance(value, list) and what == "inside":
        items = [draw(edited(part)) if draw(st.booleans()) else part for part in value if draw(st.integers(0, 4))]
        if draw(st.booleans()):
            items.insert(draw(st.integers(0, len(items))), draw(VALUES))
        return items
    return draw(VALUES)


@st.composite
def three(draw: st.DrawFn) -> tuple[Any, Any, Any]:
    base = draw(FILES)
    sides = [draw(edited(base)) for _ in range(2)]
    return (base, *(side if isinstance(side, dict) else {"a": side} for side in sides))


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same in type too: 1 is not True, nor 1.0."""
    return one is other or (
        ABSENT not in (one, other) and json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    )


def wanted(base: Any, ours: Any, theirs: Any, lists: list[None]) -> Any:
    """The three-way merge of mappings, said once more and shortly.

    `lists` counts what is no business of this: lists that both sides changed.

    Raises:
        ValueError: both sides changed one value.
    """
    if same(ours, theirs) or same(theirs, base):
        return ours
    if same(ours, base):
        return theirs
    if isinstance(ours, dict) and isinstance(theirs, dict) and (base is ABSENT or isinstance(base, dict)):
        before = {} if base is ABSENT else base
        merges = {
            key: wanted(before.get(key, ABSENT), ours.get(key, ABSENT), theirs.get(key, ABSENT), lists)
            for key in {*before, *ours, *theirs}
        }
        return {key: value for key, value in merges.items() if value is not ABSENT}
    if isinstance(ours, list) and isinstance(theirs, list):
        lists.append(None)
        return None
    raise ValueError


def toml(value: dict[str, Any], path: tuple[str, ...] = ()) -> str:
    tables = {key: part for key, part in value.items() if isinstance(part, dict)}
    lines = [f"{key} = {inline(part)}\n" for key, part in value.items() if key not in tables]
    inner = [f"\n[{'.'.join((*path, key))}]\n{toml(part, (*path, key))}" for key, part in tables.items()]
    return "".join(lines + inner)


def inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {inline(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


WRITERS = {
    "json": [
        lambda value: json.dumps(value, indent=2) + "\n",
        lambda value: json.dumps(value, indent=4, ensure_ascii=False) + "\n",
        lambda value: json.dumps(value) + "\n",
    ],
    "yaml": [
        lambda value: yaml.safe_dump(value, sort_keys=False, allow_unicode=True),
        lambda value: yaml.safe_dump(value, sort_keys=False, allow_unicode=True, indent=4),
    ],
    "toml": [toml],
}
READERS: dict[str, Any] = {"json": json.loads, "yaml": yaml.safe_load, "toml": tomllib.loads}
LANGUAGES = pytest.mark.parametrize("language", ["json", "yaml", "toml"])


def result(language: str, sides: tuple[Any, Any, Any], style: int) -> Any:
    """The merge as values; ABSENT for a conflict. The user may have laid out the file in another way."""
    writers = WRITERS[language]
    base, ours, theirs = (writers[at](side) for side, at in zip(sides, (0, style % len(writers), 0), strict=True))
    answer = merged(f"a.{language}", base, ours, theirs)
    assert answer is not None
    if answer.content is None:
        assert answer.conflicts
        assert answer.marked is not None
        assert answer.how == "lines" or b"<<<<<<< ours" in answer.marked
        return ABSENT
    again = merged(f"a.{language}", theirs, answer.content, theirs)
    assert again is not None
    assert again.content == answer.content
    return READERS[language](answer.content.decode())


@LANGUAGES
@settings(max_examples=60, deadline=None)
@given(three(), st.integers(0, 2))
@example(({}, {"a": [{"a": 0}]}, {"a": [{"a": 0}]}), 1)  # both added one item, with other blanks behind its dash
def test_a_merge_says_what_a_three_way_merge_of_the_values_says(
    language: str, sides: tuple[Any, Any, Any], style: int
) -> None:
    """And it conflicts only where the values do."""
    got = result(language, sides, style)
    lists: list[None] = []
    try:
        expected = wanted(*sides, lists)
    except ValueError:
        assert got is ABSENT
        return
    if not lists:
        assert same(got, expected)


@LANGUAGES
@settings(max_examples=30, deadline=None)
@given(three())
def test_the_sides_can_change_places(language: str, sides: tuple[Any, Any, Any]) -> None:
    base, ours, theirs = sides
    one, other = result(language, (base, ours, theirs), 0), result(language, (base, theirs, ours), 0)
    assert (one is ABSENT) == (other is ABSENT)
    assert one is ABSENT or sorted(json.dumps(one)) == sorted(json.dumps(other))  # but for the order of keys and items


@LANGUAGES
@settings(max_examples=20, deadline=None)
@given(three())
def test_when_one_side_did_nothing_the_other_is_taken_as_it_is(language: str, sides: tuple[Any, Any, Any]) -> None:
    base, side, _ = (WRITERS[language][0](value) for value in sides)
    for ours, theirs, taken in ((side, base, side), (base, side, side), (side, side, side)):
        answer = merged(f"a.{language}", base, ours, theirs)
        assert answer is not None
        assert answer.content == taken.encode()


COMMENT = {"json": "//", "yaml": "#", "toml": "#"}


@LANGUAGES
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_comment_that_a_side_adds_is_in_the_result_once(language: str, data: st.DataObject) -> None:
    base_value = data.draw(st.dictionaries(st.sampled_from(KEYS), st.integers(0, 3) | st.lists(st.just(1)), min_size=2))
    base = WRITERS[language][0](base_value)
    sides = []
    for who in ("mine", "other"):
        lines = base.splitlines()
        for number in range(data.draw(st.integers(0, 3))):
            at = data.draw(st.integers(1 if language == "json" else 0, len(lines) - 1))
            indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
            lines.insert(at, f"{indent}{COMMENT[language]} {who} {number}")
        sides.append("\n".join(lines) + "\n")
    answer = merged(f"a.{language}", base, *sides)
    assert answer is not None
    assert answer.content is not None
    text = answer.content.decode()
    for side in sides:
        for line in side.splitlines():
            if COMMENT[language] + " " in line and line not in base.splitlines():
                assert text.count(line.strip()) == 1
