"""Strategies: a project says, by path or language, how files merge that both sides changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.cycle_world import PERSON, World, actions

from regen.errors import ConfigError
from regen.hooks.dispatch import STRATEGIES, Hooks
from regen.hooks.manager import PluginManager
from regen.model.merge import Merged, MergeRule, ThreeWay
from regen.model.plan import Action
from regen.model.settings import PluginSettings

pytestmark = pytest.mark.anyio

BASE = "one\ntwo\nthree\nfour\nfive\n"
OURS = "one\nTWO\nthree\nfour\nfive\nmine\n"
THEIRS = "one\ndeux\nthree\nfour\nfive\n"
PYTHON = "def a():\n    return 1\n\n\ndef b():\n    return 2\n"


def three(ours: str, theirs: str, path: str = "a.txt", language: str | None = None, base: str = BASE) -> ThreeWay:
    return ThreeWay(path, language, base.encode(), ours.encode(), theirs.encode(), 10.0, 20.0)


async def merged(sides: ThreeWay, *strategies: tuple[str, str], rules: tuple[MergeRule, ...] = ()) -> Merged:
    hooks = Hooks(PluginManager())
    await hooks.configure(PluginSettings(strategies=strategies, rules=rules))
    found = await hooks.merge(sides)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("strategy", "content", "how"),
    [("ours", OURS, "rule"), ("theirs", THEIRS, "rule"), ("newest", THEIRS, "rule"), ("three-way", None, "lines")],
)
async def test_a_side_is_taken_whole(strategy: str, content: str | None, how: str) -> None:
    found = await merged(three(OURS, THEIRS), ("*.txt", strategy))
    assert (found.content and found.content.decode(), found.how) == (content, how)
    assert bool(found.conflicts) == (content is None)


async def test_the_newest_side_is_that_which_was_written_last() -> None:
    """Where that is not known both are merged."""
    sides = three(OURS, THEIRS)
    later = ThreeWay(sides.path, None, sides.base, sides.ours, sides.theirs, 30.0, 20.0)
    assert (await merged(later, ("*", "newest"))).content == OURS.encode()
    unknown = ThreeWay(sides.path, None, sides.base, sides.ours, sides.theirs, None, 20.0)
    assert (await merged(unknown, ("*", "newest"))).conflicts


async def test_by_hand_each_place_is_marked_that_a_side_changed() -> None:
    found = await merged(three(OURS, BASE.replace("four", "FOUR")), ("*.txt", "manual"))
    assert found.content is None
    assert len(found.conflicts) == 3
    assert found.marked is not None
    assert found.marked.count(b"<<<<<<< ours\n") == 3
    assert "manual" in found.conflicts[0].message
    binary = ThreeWay("a.txt", None, b"\0a", b"\0b", b"\0c")
    assert (await merged(binary, ("*.txt", "manual"))).marked is None


async def test_lines_are_for_a_language_too() -> None:
    ours = PYTHON.replace("return 1", "return 1  # one") + "\n\ndef c():\n    return 3\n"
    theirs = PYTHON + "\n\ndef d():\n    return 4\n"
    sides = three(ours, theirs, "models/a.py", "python", PYTHON)
    assert (await merged(sides)).how == "structure"
    assert (await merged(sides, ("python", "lines"))).conflicts
    assert (await merged(sides, ("python", "lines"), ("models/*", "three-way"))).how == "structure"
    assert (await merged(sides, ("go", "lines"), ("other/*", "lines"))).how == "structure"


@pytest.mark.parametrize(
    ("rules", "content", "confidence"),
    [
        ([MergeRule("ours")], OURS, 1.0),
        ([MergeRule("ours", 3.0), MergeRule("theirs", 1.0)], OURS, 0.75),
        ([MergeRule("ours", 1.0), MergeRule("theirs", 4.0)], OURS.replace("TWO", "deux"), 0.8),
        ([MergeRule("ours"), MergeRule("theirs")], None, 0.0),
        ([MergeRule("ours", files=("*.py", "python"))], None, 0.0),
        ([MergeRule("ours", files=("*.txt",))], OURS, 1.0),
        ([MergeRule("ours", kinds=("deletion",))], None, 0.0),
        ([MergeRule("ours", kinds=("content",))], OURS, 1.0),
        ([MergeRule("theirs", matches="^deux$", side="theirs")], OURS.replace("TWO", "deux"), 1.0),
        ([MergeRule("theirs", matches="^TWO$", side="theirs")], None, 0.0),
        ([], None, 0.0),
    ],
)
async def test_rules_with_weights_settle_what_is_left(
    rules: list[MergeRule], content: str | None, confidence: float
) -> None:
    """And only that: edits elsewhere are merged as ever."""
    found = await merged(three(OURS, THEIRS), ("*", "priority"), rules=tuple(rules))
    assert (found.content and found.content.decode(), found.confidence) == (content, confidence)
    assert bool(found.conflicts) == (content is None)


async def test_each_place_is_weighed_by_itself() -> None:
    base = "one\ntwo\nthree\nfour\nfive\n"
    rules = (MergeRule("ours", matches="TWO"), MergeRule("theirs", matches="FOUR"))
    ours, theirs = "one\nTWO\nthree\nFOUR\nfive\n", "one\ndeux\nthree\nquatre\nfive\n"
    found = await merged(three(ours, theirs, base=base), ("*", "priority"), rules=rules)
    assert found.content == b"one\nTWO\nthree\nquatre\nfive\n"


async def test_what_no_plugin_has_is_an_error() -> None:
    with pytest.raises(ConfigError, match="the strategy 'our', which") as raised:
        await merged(three(OURS, THEIRS), ("*", "our"))
    assert "did you mean 'ours'" in str(raised.value.hint)
    with pytest.raises(ConfigError, match="no regular expression"):
        await merged(three(OURS, THEIRS), ("*", "priority"), rules=(MergeRule("ours", matches="("),))


@pytest.mark.parametrize(
    ("strategy", "age", "action", "line"),
    [
        ("three-way", 0, Action.CONFLICT, "mine"),
        ("ours", 0, Action.MERGE, "mine"),
        ("theirs", 0, Action.UPDATE, "zwei"),
        ("newest", -1000, Action.UPDATE, "zwei"),
        ("newest", 1000, Action.MERGE, "mine"),
    ],
)
async def test_in_a_project(tmp_path: Path, strategy: str, age: float, action: Action, line: str) -> None:
    """From the configuration to the file; what was edited and gave way is in the history."""
    world = World(tmp_path)
    world.write("regen.toml", f'[merge]\nstrategies = {{ "*.txt" = "{strategy}" }}\n')
    await world.apply()
    world.edit("ada.txt", "two", "mine")
    edited = world.root / "out" / "ada.txt"
    now = world.write("templates/person.j2", PERSON.replace("two", "zwei")).stat().st_mtime
    os.utime(edited, (now + age, now + age))
    assert actions(await world.apply())["ada.txt"] == action
    assert line in world.read("ada.txt").splitlines()
    assert actions(await world.apply()) == {}


@pytest.mark.parametrize("name", STRATEGIES[1:])
async def test_what_messages_name_is_there(name: str) -> None:
    assert await Hooks(PluginManager()).strategy(name) is not None


async def test_a_project_is_told_where_it_names_what_no_plugin_has(tmp_path: Path) -> None:
    world = World(tmp_path)
    for name, text in (
        ("regen.toml", '[merge.strategies]\n"*.sql" = "lines"\n"*.txt" = "our"\n'),
        ("pyproject.toml", '[tool.regen.merge]\n\nstrategies = { "*.txt" = "our" }\n'),
    ):
        world.write(name, text)
        with pytest.raises(ConfigError, match="the strategy 'our'") as raised:
            await world.apply()
        assert raised.value.where == f"{name}:3"
        (world.root / name).unlink()
