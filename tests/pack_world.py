"""Vocabularies for template packs: a stranger's, full of names that are hard on generators, and the demo's."""

from __future__ import annotations

import shutil
from pathlib import Path

import regen_graphs
from tests.cycle_world import World
from tree_sitter import Language, Parser

from regen.orchestrator.outcome import Applied

STRANGER = (Path(__file__).parent / "data" / "stranger.ttl").read_text("utf-8")


def project(root: Path, pack: str, settings: str = "", **graphs: str) -> World:
    """A project with one pack and these graphs; without any, the stranger's and the demo's."""
    config = f'[project]\ntemplates = ["pack:{pack}"]\n[plugins]\ndisable = ["evaluate_shacl"]\n{settings}'
    world = World(root, {"regen.toml": config, **{f"graphs/{name}.ttl": text for name, text in graphs.items()}})
    if not graphs:
        (root / "graphs").mkdir()
        regen_graphs.write(root / "graphs")
        world.write("graphs/stranger.ttl", STRANGER)
    return world


def schema_org(root: Path, pack: str, real_data: Path) -> World:
    """A project with schema.org 30.0."""
    world = World(root, {"regen.toml": f'[project]\ntemplates = ["pack:{pack}"]\n'})
    (root / "graphs").mkdir()
    shutil.copy(real_data / "data" / "schemaorg" / "30.0.ttl", root / "graphs")
    return world


def replace(world: World, file: str, old: str, new: str) -> None:
    """Change one place of a graph file."""
    text = (world.root / "graphs" / file).read_text("utf-8")
    assert text.count(old) == 1, old
    world.write(f"graphs/{file}", text.replace(old, new))


def touched(applied: Applied) -> list[str]:
    """Paths that a cycle wrote or removed."""
    return sorted(item.path for item in applied.plan.items)


def faults(grammar: object, text: bytes) -> list[str]:
    """What tree-sitter could not read, with lines from 1."""
    found, waiting = [], [Parser(Language(grammar)).parse(text).root_node]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            found.append(f"{node.start_point[0] + 1}: {node.text!r}")
        waiting += node.children
    return found
