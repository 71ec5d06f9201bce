"""Edits of what the template packs write, and graphs that change: through the whole cycle, TypeScript and Rust."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cycle_world import actions
from tests.pack_world import project, replace

from regen.model.plan import Action

GRAPH = """\
@prefix : <http://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:Person a owl:Class ; rdfs:comment "A person." .
:knows a owl:ObjectProperty ; rdfs:domain :Person ; rdfs:range :Person .
:name a owl:DatatypeProperty ; rdfs:domain :Person ; rdfs:range xsd:string .
"""
NICKNAME = ":nickname a owl:DatatypeProperty ; rdfs:domain :Person ; rdfs:range xsd:string .\n"


@pytest.mark.anyio
async def test_a_field_of_yours_stands_beside_one_that_the_graph_gained_in_typescript(tmp_path: Path) -> None:
    path = "models/example_org/person.ts"
    world = project(tmp_path, "typescript", people=GRAPH)
    async with world.open() as held:
        await held.apply()
        world.edit(path, "  name?: string[];\n", "  name?: string[];\n  /** Mine. */\n  mine?: boolean;\n")
        world.edit(path, "    name: z", "    mine: z.boolean().optional(),\n    name: z")
        world.edit(
            path, 'import { z } from "zod";\n', 'import { z } from "zod";\nimport { format } from "./format.js";\n'
        )
        world.write(f"out/{path}", world.read(path) + "\nexport const shown = (it: Person) => format(it.name);\n")
        edited = world.read(path)
        replace(world, "people.ttl", "A person.", "A human being.")
        world.write("graphs/more.ttl", "".join(GRAPH.splitlines(keepends=True)[:4]) + NICKNAME)
        applied = await held.apply()
        assert actions(applied) == {path: Action.MERGE}
        assert (await held.plan()).items == ()
    wanted = edited.replace("A person.", "A human being.").replace(
        "  /** Mine. */\n  mine?: boolean;\n", "  nickname?: string[];\n  /** Mine. */\n  mine?: boolean;\n"
    )
    wanted = wanted.replace(
        "    name: z.array(z.string()).optional(),\n",
        "    name: z.array(z.string()).optional(),\n    nickname: z.array(z.string()).optional(),\n",
    )
    assert world.read(path) == wanted


@pytest.mark.anyio
async def test_derives_methods_and_fields_of_yours_stay_in_rust(tmp_path: Path) -> None:
    path = "rust/src/example_org/person.rs"
    world = project(tmp_path, "rust", people=GRAPH)
    async with world.open() as held:
        await held.apply()
        world.edit(path, "PartialEq, Serialize", "PartialEq, Eq, Hash, Serialize")
        world.edit(
            path,
            "    pub name: Vec<String>,\n",
            "    pub name: Vec<String>,\n    #[serde(skip)]\n    pub mine: bool,\n",
        )
        method = "\nimpl Person {\n    pub fn known(&self) -> usize {\n        self.knows.len()\n    }\n}\n"
        world.write(f"out/{path}", world.read(path) + method)
        edited = world.read(path)
        world.write("graphs/more.ttl", "".join(GRAPH.splitlines(keepends=True)[:4]) + NICKNAME)
        assert actions(await held.apply()) == {path: Action.MERGE}
        attribute = '#[serde(default, skip_serializing_if = "Vec::is_empty")]'
        field = f"    /// Nickname.\n    {attribute}\n    pub nickname: Vec<String>,\n"
        assert world.read(path) == edited.replace("    #[serde(skip)]\n", f"{field}    #[serde(skip)]\n")
        replace(world, "people.ttl", ":knows a owl:ObjectProperty ; rdfs:domain :Person ; rdfs:range :Person .\n", "")
        applied = await held.apply()
    assert actions(applied)[path] is Action.CONFLICT
    assert "the template removed `knows`, which your edit uses" in str(applied.plan.items[0].conflicts)
