"""The tree of a release: equal trees have equal roots, whatever led there, and a change costs what it changes."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.deploy_world import ENVIRONMENT, scratch

from regen.state import merkle
from regen.state.db import Database

Tree = dict[str, str]


def stand(db: Database, tree: Tree, paths: set[str]) -> None:
    """Let the versions at these paths be those of a tree."""
    db.many("DELETE FROM version WHERE environment = ? AND path = ?", [(ENVIRONMENT, path) for path in paths])
    db.many(
        "INSERT INTO version (environment, path, since, template, key, content, base, template_digest, rows, because,"
        " mode) VALUES (?, ?, 1, '', '', ?, '', '', '', '', 0)",
        [(ENVIRONMENT, path, tree[path]) for path in paths if path in tree],
    )
    merkle.follow(db, ENVIRONMENT, paths)


def rows(db: Database) -> list[tuple[object, ...]]:
    return db.execute("SELECT prefix, files, inner, data FROM tree_node ORDER BY prefix")


trees = st.dictionaries(st.integers(0, 400).map("f{}".format), st.sampled_from("abc"), max_size=300)


@settings(max_examples=60, deadline=None)
@given(st.lists(trees, min_size=1, max_size=5))
def test_kept_up_it_is_what_building_it_anew_gives(history: list[Tree]) -> None:
    """Nodes and root, after growth and shrinking across the sizes at which nodes split and join."""
    with scratch() as one, scratch() as other:
        kept, anew = Database(one / "state.db"), Database(other / "state.db")
        try:
            before: Tree = {}
            for tree in history:
                changed = {path for path in {*before, *tree} if before.get(path) != tree.get(path)}
                with kept.transaction(durable=False):
                    stand(kept, tree, changed)
                before = tree
                assert merkle.root(kept, ENVIRONMENT) == merkle.root_of(tree.items())
            with anew.transaction(durable=False):
                stand(anew, before, set(before))
            assert rows(kept) == rows(anew)
        finally:
            kept.close()
            anew.close()


def test_roots_differ_where_anything_differs() -> None:
    tree = [("a", "1"), ("b", "2")]
    others = [
        [],
        [("a", "1")],
        [("a", "2"), ("b", "1")],
        [("a", "1"), ("c", "2")],
        [("a", "1"), ("b", "2"), ("c", "3")],
    ]
    roots = {merkle.root_of(one) for one in (tree, *others)}
    assert len(roots) == len(others) + 1
    assert merkle.root_of(reversed(tree)) == merkle.root_of(tree)


def test_one_change_costs_the_same_in_a_thousand_and_in_ten_thousand_files() -> None:
    """No more than a node more in depth; the statements are counted, and the bytes of the nodes written."""
    costs = []
    for size in (1_000, 10_000):
        with scratch() as folder:
            db = Database(folder / "state.db")
            tree = {f"docs/{number}.md": f"{number}" for number in range(size)}
            with db.transaction(durable=False):
                stand(db, tree, set(tree))
            before = {row[0]: row for row in rows(db)}
            path = random.Random(7).choice(sorted(tree))
            with db.transaction(durable=False):
                stand(db, {path: "new"}, {path})
            costs.append(sum(before.get(row[0]) != row for row in rows(db)))
            db.close()
    assert costs[0] <= costs[1] <= costs[0] + 1 <= 4
