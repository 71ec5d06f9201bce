"""Merging Markdown by section: headings make a tree, each section's lines merge by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.merge_world import changed, clean, conflicts, merged

from regen.model.merge import ThreeWay
from regen_plugins.merge_markdown import regen_merge
from regen_plugins.merge_markdown.outline import Section, outline

BASE = """\
---
title: demo
tags: [a]
---
# Guide

Introduction.

## Install

Run it:

```sh
# no heading
## none
pip install demo
```

### From source

Clone it.

## Use

Text of use.
"""


def test_each_side_edits_another_section() -> None:
    ours, theirs = changed(BASE, ("Text of use.", "My text.")), changed(BASE, ("Clone it.", "Clone and build it."))
    assert clean("a.md", BASE, ours, theirs) == changed(ours, ("Clone it.", "Clone and build it."))


def test_sections_that_both_add_in_one_place_are_both_kept() -> None:
    ours, theirs = BASE + "\n## Mine\n\nmine\n", BASE + "\n## New\n\nnew\n"
    assert clean("a.md", BASE, ours, theirs) == BASE + "\n## New\n\nnew\n\n## Mine\n\nmine\n"


def test_the_last_section_is_edited_while_one_is_added_after_it() -> None:
    """The blank line before the new heading is no edit of the old section."""
    ours, theirs = changed(BASE, ("Text of use.", "My text.")), BASE + "\n## New\n\nnew\n"
    assert clean("a.md", BASE, ours, theirs) == ours + "\n## New\n\nnew\n"


def test_a_moved_section_keeps_the_edits_of_the_other_side() -> None:
    start, end = BASE.index("## Install"), BASE.index("## Use")
    ours = BASE[:start] + BASE[end:] + "\n" + BASE[start:end].rstrip() + "\n"
    theirs = changed(BASE, ("Clone it.", "Clone and build it."), ("Text of use.", "New text."))
    assert clean("a.md", BASE, ours, theirs) == changed(
        ours, ("Clone it.", "Clone and build it."), ("Text of use.", "New text.")
    )


def test_a_section_that_got_another_title_keeps_the_edits_of_the_other_side() -> None:
    ours, theirs = changed(BASE, ("## Install", "## Set it up")), changed(BASE, ("Clone it.", "Clone and build it."))
    assert clean("a.md", BASE, ours, theirs) == changed(ours, ("Clone it.", "Clone and build it."))
    (conflict,), _ = conflicts("a.md", BASE, ours, changed(BASE, ("## Install", "## Installation")))
    assert conflict.message == "your edit and the template both changed the heading of section `Guide > Install`"


def test_lines_that_both_changed_are_a_conflict_in_their_section() -> None:
    ours, theirs = changed(BASE, ("Clone it.", "O")), changed(BASE, ("Clone it.", "T"), ("Text of use.", "New text."))
    (conflict,), marked = conflicts("a.md", BASE, ours, theirs)
    assert conflict.message == (
        "your edit and the template both changed these lines of section `Guide > Install > From source`"
    )
    assert (conflict.ours_lines, conflict.base_lines, conflict.theirs_lines) == ((21, 22), (21, 22), (21, 22))
    block = "<<<<<<< ours\nO\n||||||| base\nClone it.\n=======\nT\n>>>>>>> theirs\n"
    assert marked == changed(BASE, ("Clone it.\n", block), ("Text of use.", "New text."))


def test_a_section_that_one_side_removed_and_the_other_edited_is_a_conflict_of_deletion() -> None:
    ours = changed(BASE, ("### From source\n\nClone it.\n\n", ""))
    (conflict,), marked = conflicts("a.md", BASE, ours, changed(BASE, ("Clone it.", "Clone and build it.")))
    assert conflict.kind == "deletion"
    assert conflict.message == "you removed section `Guide > Install > From source`, which the template changed"
    assert "=======\n### From source\n\nClone and build it.\n" in marked
    assert clean("a.md", BASE, ours, changed(BASE, ("Text of use.", "N"))) == changed(ours, ("Text of use.", "N"))


TABLE = "# T\n\n| a | b |\n| --- | --- |\n| 1 | x |\n| 2 | y |\n\n- one\n- two\n- three\n"


def test_rows_and_items_beside_those_that_the_other_side_changed_are_both_there() -> None:
    ours = changed(TABLE, ("| 1 | x |\n", "| 1 | x |\n| m | m |\n"), ("- two\n", "- two\n- mine\n"))
    theirs = changed(TABLE, ("| 1 | x |", "| 1 | z |"), ("- two\n", ""))
    assert clean("a.md", TABLE, ours, theirs) == changed(ours, ("| 1 | x |", "| 1 | z |"), ("- two\n", ""))
    theirs = changed(TABLE, ("| 1 | x |\n", "| 1 | x |\n| t | t |\n"))
    assert "| 1 | x |\n| t | t |\n| m | m |\n| 2" in clean("a.md", TABLE, ours, theirs)


@pytest.mark.parametrize(
    ("base", "mine", "other"),
    [
        (TABLE, ("| 1 | x |", "| 1 | m |"), ("| 1 | x |", "| 1 | t |")),
        (TABLE, ("| 1 | x |", "| m | m |\n| 1 | x |"), ("| --- | --- |", "| --- | :-: |")),
        (TABLE, ("- two", "- mine\n  of two lines\n- two"), ("- one", "- other")),
        (f"```\n{TABLE}```\n", ("- two", "- mine\n- two"), ("- one", "- other")),
        (TABLE, ("- two", "- same\n- mine\n- two"), ("- two", "- same\n- other\n- two")),
    ],
)
def test_rows_that_both_changed_and_lines_that_are_none_are_a_conflict(
    base: str, mine: tuple[str, str], other: tuple[str, str]
) -> None:
    (conflict,), _ = conflicts("a.md", base, changed(base, mine), changed(base, other))
    assert conflict.kind == "content"


def test_front_matter_merges_by_key() -> None:
    ours, theirs = changed(BASE, ("title: demo", "title: mine")), changed(BASE, ("[a]", "[a, b]"), ("Clone", "Get"))
    assert clean("a.md", BASE, ours, theirs) == changed(ours, ("[a]", "[a, b]"), ("Clone", "Get"))
    (conflict,), marked = conflicts("a.md", BASE, ours, changed(BASE, ("title: demo", "title: new")))
    assert conflict.message == "your edit and the template both changed `title`"
    assert conflict.ours_lines == (2, 3)
    assert marked.startswith(
        "---\n<<<<<<< ours\ntitle: mine\n||||||| base\ntitle: demo\n=======\ntitle: new\n>>>>>>> theirs\n"
    )


def test_front_matter_in_toml_merges_too() -> None:
    base = '+++\na = 1\n\nb = "x"\n+++\n# T\n'
    assert (
        clean("a.md", base, base.replace("1", "2"), base.replace('"x"', '"y"')) == '+++\na = 2\n\nb = "y"\n+++\n# T\n'
    )


def test_headings_in_code_comments_and_lists_are_none() -> None:
    text = "# A\n\n    ## indented\n\n~~~\n# fence\n~~~\n\n<!--\n# comment\n-->\n\n> # quoted\n\n- # item\n"
    text += "\nB *b*\n-----\n\nbody\n"
    root = outline(tuple(text.splitlines())).root
    assert [section.key[0] for section in root.all()] == ["", "A", "B *b*"]


def test_a_fence_that_is_left_open_never_swallows_a_section_quietly() -> None:
    base = "# A\n\none\n\n```\nx\n```\n\ntwo\n\n## B\n\nthree\n"
    ours, theirs = base.replace("```\nx", "```\nx\n```\n\ntext\n\n```\ny"), base.replace("```\n\ntwo", "\ntwo")
    answer = merged("a.md", base, ours, theirs)
    assert answer is not None
    if answer.content is not None:
        assert b"## B" in answer.content


def test_titles_that_stand_twice_are_told_apart_by_their_order() -> None:
    base = "# A\n\n## Fixed\n\none\n\n# B\n\n## Fixed\n\ntwo\n\n## Fixed\n\nthree\n"
    assert clean("a.md", base, base.replace("two", "mine"), base.replace("three", "new")) == base.replace(
        "two", "mine"
    ).replace("three", "new")


def test_both_sides_moving_sections_is_a_conflict() -> None:
    base = "".join(f"# {name}\n\ntext {name}\n\n" for name in "ABC").rstrip() + "\n"
    parts = base.rstrip().split("\n\n# ")
    ours = "# " + "\n\n# ".join([parts[1], parts[0].removeprefix("# "), parts[2]]) + "\n"
    theirs = "\n\n# ".join([parts[0], parts[2], parts[1]]) + "\n"
    answer = merged("a.md", base, ours, theirs)
    assert answer is not None
    assert answer.content is None


def test_what_is_no_markdown_is_left_to_others() -> None:
    assert regen_merge(ThreeWay("a.txt", None, b"a\n", b"b\n", b"c\n")) is None
    assert regen_merge(ThreeWay("a.md", "markdown", None, b"b\n", b"c\n")) is None
    assert regen_merge(ThreeWay("a.md", "markdown", b"a\n", b"\xff\n", b"c\n")) is None


def test_line_ends_and_last_newline_are_those_of_the_users_file() -> None:
    ours, theirs = changed(BASE, ("Text of use.", "My text.")), changed(BASE, ("Clone it.", "Clone and build it."))
    dressed = ours.replace("\n", "\r\n").encode().removesuffix(b"\r\n")
    answer = merged("a.md", BASE, dressed, theirs)
    assert answer is not None
    assert answer.content == dressed.replace(b"Clone it.", b"Clone and build it.")


def put_together(section: Section) -> list[str]:
    return [line for part in section.all() for line in (*part.heading, *part.body, *[""] * (part.gap or 0))]


def test_an_outline_put_together_is_the_file() -> None:
    """No line of a real page is lost or moved."""
    root = Path(__file__).parents[1]
    for path in [root / "README.md", *sorted((root / "docs").glob("*.md"))]:
        lines = tuple(path.read_text("utf-8").removesuffix("\n").split("\n"))
        found = outline(lines)
        assert [*found.fence, *found.front, *found.fence, *put_together(found.root), *[""] * found.end] == list(lines)


TITLES = st.sampled_from(["A", "B", "C", "D"])
BODIES = st.sampled_from(["one", "two\n\nthree", "```\n# no\n```", "- item\n- item", "", "<b>\n"])
PAGES = st.lists(
    st.tuples(st.sampled_from(["#", "##", "##", "###"]), TITLES, BODIES), max_size=6, unique_by=lambda x: x[1]
)


def page(sections: list[tuple[str, str, str]]) -> str:
    return "Start.\n" + "".join(
        f"\n{marks} {title}\n" + (f"\n{body}\n" if body else "") for marks, title, body in sections
    )


def said(text: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    """What stands under each heading, by the titles above it."""

    def all_in(section: Section, path: tuple[str, ...]) -> dict[tuple[str, ...], tuple[str, ...]]:
        found = {path: section.body}
        for part in section.sections:
            found.update(all_in(part, (*path, part.key[0])))
        return found

    return all_in(outline(tuple(text.splitlines())).root, ())


@settings(max_examples=100, deadline=None)
@given(PAGES, PAGES, PAGES)
def test_every_section_of_a_clean_merge_is_what_the_sides_made_of_it(
    first: list[tuple[str, str, str]], second: list[tuple[str, str, str]], third: list[tuple[str, str, str]]
) -> None:
    base, ours, theirs = page(first), page(second), page(third)
    one, other = merged("a.md", base, ours, theirs), merged("a.md", base, theirs, ours)
    assert one is not None
    assert other is not None
    assert (one.content is None) == (other.content is None)
    if one.content is None or other.content is None:
        assert one.conflicts
        return
    again = merged("a.md", theirs, one.content, theirs)
    assert again is not None
    assert again.content == one.content
    before, mine, theirs_said, got = (said(text) for text in (base, ours, theirs, one.content.decode()))
    assert got == said(other.content.decode())
    for path in {*before, *mine, *theirs_said, *got}:
        sides = [side.get(path) for side in (before, mine, theirs_said)]
        if sides[1] == sides[2]:
            assert got.get(path) == sides[1]
        elif sides[0] in (sides[1], sides[2]) and None not in sides:
            assert got.get(path) == (sides[2] if sides[1] == sides[0] else sides[1])


@settings(max_examples=30, deadline=None)
@given(PAGES, PAGES)
def test_when_one_side_did_nothing_the_other_is_taken_as_it_is(
    first: list[tuple[str, str, str]], second: list[tuple[str, str, str]]
) -> None:
    base, side = page(first), page(second)
    for ours, theirs in ((side, base), (base, side), (side, side)):
        answer = merged("a.md", base, ours, theirs)
        assert answer is not None
        assert answer.content == side.encode()


@pytest.mark.parametrize("text", ["", "\n", "text", "# A", "---\n", "---\na: 1\n---\n", "# A\n\n\n"])
def test_short_pages_merge(text: str) -> None:
    answer = merged("a.md", text, "mine\n\n" + text, text + "\n\n## New\n\nnew\n")
    assert answer is not None
    assert answer.conflicts or b"new" in (answer.content or b"")
