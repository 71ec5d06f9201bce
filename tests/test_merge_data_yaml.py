"""Merging YAML by key: blocks and brackets, anchors, documents, block texts, and comments beside all of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.merge_world import changed, clean, conflicts, merged

from regen_plugins.keyed.data import three_way
from regen_plugins.keyed.events_yaml import parsed
from regen_plugins.keyed.node import data, write
from regen_plugins.keyed.read_yaml import tree
from regen_plugins.keyed.rules import Rules

BASE = """\
# Written by a template.

name: demo   # the name
on: [push]
services:
  # the web server
  web:
    image: nginx:1
    ports:
      - "80:80"
    env: &env
      A: 1
  db:
    image: postgres
    env:
      <<: *env
  # no more services

script: |
  one
  two

steps:
- name: build
  run: >-
    make
    all
- name: test
  run: make test
"""


def test_blocks_merge_by_key_and_comments_stay() -> None:
    mine = (("nginx:1", "nginx:1  # pinned"), ("  db:", "  # the data\n  db:"), ("  two\n", "  two\n  three\n"))
    other = (
        ('- "80:80"', '- "80:80"\n      - "443:443"'),
        ("  # the web", "  cache: {}\n  # the web"),
        ("A: 1", "A: 2"),
    )
    ours, theirs = changed(BASE, *mine), changed(BASE, *other)
    assert clean("a.yaml", BASE, ours, theirs) == changed(ours, *other)


def test_items_are_known_by_their_name() -> None:
    mine = (("make test", "make test check\n  shell: bash"),)
    other = (("- name: test", "- name: lint\n  run: make lint\n- name: test"),)
    assert clean("a.yaml", BASE, changed(BASE, *mine), changed(BASE, *other)) == changed(BASE, *mine, *other)


def test_a_moved_item_keeps_the_edit_of_the_other_side() -> None:
    test = "- name: test\n  run: make test\n"
    ours = changed(BASE, (test, ""), ("- name: build", test + "- name: build"))
    theirs = changed(BASE, ("make test", "make check"))
    assert clean("a.yaml", BASE, ours, theirs) == changed(ours, ("make test", "make check"))


def test_a_value_that_both_changed_is_a_conflict_at_its_key() -> None:
    ours, theirs = changed(BASE, ("nginx:1", "nginx:2")), changed(BASE, ("nginx:1", "nginx:3"), ("demo", "new"))
    (conflict,), marked = conflicts("a.yaml", BASE, ours, theirs)
    assert conflict.message == "your edit and the template both changed `services.web.image`"
    assert conflict.ours_lines == (8, 9)
    assert "<<<<<<< ours\n    image: nginx:2\n||||||| base\n    image: nginx:1\n=======\n    image: nginx:3\n" in marked
    assert "name: new   # the name" in marked


def test_comments_beside_a_block_that_both_changed_are_a_conflict_with_both_shown() -> None:
    base = "a: # x\n  b: 1\n"
    (conflict,), marked = conflicts("a.yaml", base, base.replace("x", "mine"), base.replace("x", "new"))
    assert conflict.message == "both sides changed the comments in `a`"
    assert marked == ("<<<<<<< ours\na: # mine\n||||||| base\na: # x\n=======\na: # new\n>>>>>>> theirs\n  b: 1\n")


def test_a_block_text_that_both_changed_is_a_conflict() -> None:
    ours, theirs = changed(BASE, ("  one\n", "  1\n")), changed(BASE, ("  two\n", "  2\n"))
    assert conflicts("a.yaml", BASE, ours, theirs)[0][0].message == "your edit and the template both changed `script`"


def test_a_block_text_merges_by_lines_where_the_changes_stand_apart() -> None:
    base = "a:\n  run: |\n    one\n    two\n\n    three\n  b: 1\n"
    ours, pairs = changed(base, ("one", "one, mine")), (("three", "three\n    four"), ("b: 1", "b: 2"))
    assert clean("a.yaml", base, ours, changed(base, *pairs)) == changed(ours, *pairs)
    folded = base.replace("|", ">")
    answer = merged("a.yaml", folded, folded.replace("one", "1"), folded.replace("three", "3"))
    assert answer is not None
    assert answer.content is None or yaml.safe_load(answer.content)["a"]["run"] == "1 two\n3\n"


def test_a_service_that_one_side_removed_and_the_other_edited_is_a_conflict() -> None:
    ours = changed(BASE, ("  db:\n    image: postgres\n    env:\n      <<: *env\n", ""))
    (conflict,), _ = conflicts("a.yaml", BASE, ours, changed(BASE, ("postgres", "postgres:16")))
    assert (conflict.kind, conflict.ours_lines, conflict.theirs_lines) == ("deletion", None, (13, 17))


def test_an_anchor_that_goes_while_the_other_side_uses_it_is_a_conflict() -> None:
    """The result would not be read any more."""
    base = "a: &x\n  k: 1\nb: 2\nc: 3\n"
    result = merged("a.yaml", base, "b: 2\nc: 3\n", base.replace("b: 2", "b: *x"))
    assert result is not None
    assert result.content is None


def test_an_alias_that_would_come_before_its_anchor_is_a_conflict() -> None:
    base = "a: &x\n  k: 1\nb: 2\nc: 3\n"
    result = merged("a.yaml", base, "b: 2\nc: 3\na: &x\n  k: 1\n", base.replace("b: 2", "b: *x"))
    assert result is not None
    assert result.content is None


def test_a_file_indented_anew_keeps_that_indentation() -> None:
    base = "a:\n  b:\n  - x: 1\n    y: 2\n  t: |\n    text\n     deep\nc: 1\n"
    ours = "a:\n    b:\n      - x: 1\n        y: 2\n    t: |\n        text\n         deep\nc: 1\n"
    theirs = changed(base, ("y: 2", "y: 3\n    z:\n      w: 1"), ("c: 1", "c: 2"), ("  t:", "  s: |\n    new\n  t:"))
    result = clean("a.yaml", base, ours, theirs)
    assert yaml.safe_load(result) == yaml.safe_load(theirs)
    assert result.startswith("a:\n    b:\n      - x: 1\n        y: 3\n        z:\n          w: 1\n    s: |\n")


def test_an_empty_list_between_brackets_becomes_a_block_and_back() -> None:
    base = "a: []\nb: 1\n"
    assert clean("a.yaml", base, "a: []\nb: 2\n", "a:\n  - x\nb: 1\n") == "a:\n  - x\nb: 2\n"
    assert clean("a.yaml", "a: {}\n", "a:\n  o: 1\n", "a:\n  t: 1\n") == "a:\n  o: 1\n  t: 1\n"
    assert clean("a.yaml", "a:\n  o: 1\n  t: 1\n", "a:\n  t: 1\n", "a:\n  o: 1\n") == "a: {}\n"


DOCUMENTS = """\
apiVersion: v1
kind: Service
metadata:
  name: web
spec: {port: 80}
---
apiVersion: v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
"""


def test_documents_are_known_by_kind_and_name() -> None:
    mine = (("replicas: 1", "replicas: 3"),)
    new = "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: key\n"
    other = (("port: 80", "port: 81"), ("---\n", new + "---\n"))
    assert clean("a.yaml", DOCUMENTS, changed(DOCUMENTS, *mine), changed(DOCUMENTS, *other)) == changed(
        DOCUMENTS, *mine, *other
    )


def test_documents_without_names_merge_in_their_places() -> None:
    base = "a: 1\n---\nb: 1\n---\nc: 1\n"
    assert (
        clean("a.yaml", base, base.replace("a: 1", "a: 2"), base.replace("c: 1", "c: 2"))
        == "a: 2\n---\nb: 1\n---\nc: 2\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\na: 2\n",
        "a: &x 1\nb: &x 2\n",
        "? a\n: 1\n",
        "%YAML 1.2\n---\na: 1\n",
        "a: 1\n...\n",
        "just text\n",
        "a: [\n",
        "a: *unknown\nb:\n\t- 1\n",
        "{a, b: 1}\n",
    ],
)
def test_what_has_no_tree_is_left_to_lines(text: str) -> None:
    assert merged("a.yaml", text, "o: 1\n", "t: 1\n") is None


@pytest.mark.parametrize(
    "text",
    [
        "key: >-\n  folded\n  text\n\n  end\n\nnext: |+\n  kept\n\n\nlast: 1\n",
        "- - 1\n  - 2\n-\n  a: 1\n- {a: [1, 2], b: 'x''y'}\n- \"two\n  lines\"\n",
        "a:   !!str 5\nb: !custom {x: 1}\nc: &x\n  - 1\nd: *x\n",
        "a:\n  # deep\n  b: 1\n  # deep end\n\n# outer\nc:\n- 1\n# between\n- 2\n",
        "---\n# head\n\na: 1 # one\n\n# foot\n",
        "a: plain text\n  that goes on\nb:\n  value\nc:\nd: ''\n",
        "ключ: \u00fc \U0001f600\nb: {\u00fc: [\U0001f600]}\n",
        "[\n  1, # one\n  2\n]\n",
        "# only a comment\n",
    ],
)
def test_a_tree_writes_the_text_that_it_was_read_from(text: str) -> None:
    head, node, foot = tree(text)
    assert head + write(node) + foot == text
    assert data(node) == parsed(text)


def test_real_files_are_read_and_written_byte_for_byte(real_data: Path) -> None:
    for path in sorted([*real_data.rglob("*.yaml"), *real_data.rglob("*.yml")])[:200]:
        text = path.read_text("utf-8")
        if text.endswith("\n") and "\r" not in text:
            head, node, foot = tree(text)
            assert head + write(node) + foot == text


def test_a_switch_is_no_text() -> None:
    """What YAML reads as true is not the text "on"; both sides writing it alike is no conflict."""
    base, ours, theirs = "a: off\nb: 1\n", 'a: "on"\nb: 1\n', "a: on\nb: 1\n"
    assert conflicts("a.yaml", base, ours, theirs)[0][0].message == "your edit and the template both changed `a`"
    assert three_way(parsed(base), parsed(theirs), parsed(theirs), Rules()) == parsed(theirs)
