"""Hand edits against later renders: the bars for Python, and that the benchmark tells a lost edit from a kept one."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import anyio
import pytest

from bench.hand_edits import KINDS, PYTHON
from bench.merge_edits import merged, outcomes, rendered, table

MERGED = 0.99  # share of the edits whose place the pack did not change itself
MODEL = '''\
from __future__ import annotations

from pydantic import Field

from .thing import Thing


class Book(Thing):
    """A thing to read."""

    author: list[str] = Field(default_factory=list)
    """Who wrote it."""
    page_count: list[int] = Field(
        default_factory=list, alias="pageCount"
    )
    """Pages that it has."""
'''
LATER = MODEL.replace('"""A thing to read."""', '"""A thing to read, or to look at."""')


@pytest.mark.parametrize("name", [name for name in PYTHON if name not in {"constant changed", "export added"}])
def test_each_kind_of_edit_changes_a_model_and_merges(name: str) -> None:
    edit = PYTHON[name](MODEL, random.Random(1))
    assert edit is not None
    ours = edit(MODEL)
    assert ours is not None
    assert ours != MODEL
    expected = "same lines" if name == "docstring written anew" else "merged"
    assert merged("book.py", "python", MODEL, ours, LATER, edit(LATER)) == expected


def test_an_edit_without_a_place_is_no_edit() -> None:
    assert all(kind("", random.Random(1)) is None for kind in PYTHON.values())


def test_a_merge_that_is_not_the_edit_in_the_new_render_is_told() -> None:
    ours = MODEL.replace("author", "writer")
    assert merged("book.py", "python", MODEL, ours, LATER, None) == "place gone"
    assert merged("book.py", "python", MODEL, ours, LATER, LATER) == "wrong"
    assert merged("book.py", "python", MODEL, MODEL, LATER, MODEL) == "wrong"


@pytest.mark.long
@pytest.mark.parametrize("pack", KINDS)
def test_edits_over_the_steps_of_schemaorg(pack: str, schemaorg: Path, tmp_path: Path) -> None:
    trees = anyio.run(rendered, schemaorg.parents[2], pack, tmp_path / "project")
    found = list(outcomes(trees, pack, 1))
    table(pack, found)
    counts = Counter(kind for _, _, kind in found)
    assert counts["lost"] == counts["wrong"] == 0
    if pack == "python":
        assert counts["merged"] >= MERGED * (counts["merged"] + counts["asked"])
