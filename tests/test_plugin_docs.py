"""docs/plugins.md and docs/hooks.md: complete, up to date, and right."""

from __future__ import annotations

import re
import subprocess
import sys
import types
from pathlib import Path

import anyio.lowlevel
import pytest
from tests.cycle_world import World

from regen import Project
from regen.errors import GraphError
from regen.hooks.dispatch import Hooks
from regen.hooks.manager import PluginManager
from regen.hooks.reference import hook_text, reference
from regen.model.alert import Alert
from regen.model.merge import ThreeWay
from regen.model.settings import PluginSettings
from regen.model.source import Source, Validators

DOCS = Path(__file__).parents[1] / "docs"
GUIDE = (DOCS / "plugins.md").read_text("utf-8")
BLOCKS = [block for block in re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL) if "@hookimpl" in block]
NAMES = """
import json, logging, pathlib, re, string, anyio, pyoxigraph
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated
from regen.commands import run_beside
from regen.config import Key
from regen.errors import GraphError, HubError
from regen.hooks import hookimpl
from regen.model.evaluated import Evaluated, Figure
from regen.model.finding import Finding
from regen.model.fleet import HubFile, Manifest, Offered, Offers
from regen.model.graphfile import Loaded
from regen.model.interface import InterfaceChange
from regen.model.language import Language
from regen.model.learned import Item, Learned
from regen.model.merge import Merged
from regen.model.source import Fetched, Validators
from regen.model.structure import Declaration, Structure
from regen.model.template import Rendered
from regen.query.compile import compile_view
from regen_plugins.deploy_workspace import WorkspaceDeployer
"""


def example(hook: str, what: str = "") -> object:
    """The last example of a hook that speaks of something, as the plugin that it would be."""
    block = next(block for block in reversed(BLOCKS) if f"def {hook}(" in block and what in block)
    module = types.ModuleType(hook)
    code = compile(NAMES + block, hook, "exec", dont_inherit=True)  # annotations are values there, not strings
    exec(code, vars(module))  # noqa: S102 - the guide's own code
    return vars(module)["WideComments"]() if "WideComments" in vars(module) else module


def test_the_reference_is_what_the_specifications_say() -> None:
    assert (DOCS / "hooks.md").read_text("utf-8") == reference(), "run python -m regen.hooks.reference > docs/hooks.md"


def test_running_the_module_prints_the_reference() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "regen.hooks.reference"], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == reference()


@pytest.mark.parametrize("hook", PluginManager.hook_names())
def test_every_hook_is_in_the_guide_with_an_example_that_fits_it(hook: str) -> None:
    assert f"### `{hook}`: " in GUIDE
    manager = PluginManager(extra=[("example", example(hook))])
    assert next(iter(manager.implementations(hook))).plugin_name == "example"


@pytest.mark.parametrize("hook", PluginManager.hook_names())
def test_the_guide_says_of_every_hook_whether_all_are_asked(hook: str) -> None:
    (sentence,) = [line for line in GUIDE.replace("\n  ", " ").splitlines() if line.endswith("ask everybody.")]
    everybody = re.findall(r"`(regen_\w+)`", sentence)
    assert (hook in everybody) == (not hook_text(hook).first_result)


FILES = {
    "regen.toml": """\
[project]
graphs = ["graphs", "words/*.labels"]
prefixes = { "" = "https://example.org/", rdfs = "http://www.w3.org/2000/01/rdf-schema#" }
[[environment]]
name = "dev"
deployer = "announced"
channel = "releases"
""",
    "graphs/a.ttl": "@prefix : <https://example.org/> . :a a :Thing . :b a :Thing .\n",
    "words/a.labels": "a: The first\n",
    "templates/a.j2": """\
---
to: "{{ this | local_name }}.dhall"
each: "instances of :Thing as ?this"
---
{{ "x" | comment }}
""",
    "templates/b.j2": "---\nto: n.txt\nengine: dollars\nwith:\n  n: SELECT ?t WHERE { ?t a :Thing }\n---\n$n things\n",
    "templates/c.j2": "---\nto: labels.txt\nwith:\n  all: SELECT ?l WHERE { ?s rdfs:label ?l }\n---\n{{ all[0].l }}\n",
}


@pytest.mark.anyio
async def test_the_examples_work_together_in_a_project(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    without = {"regen_configure", "regen_evaluate_file", "regen_executor", "regen_alert"}
    hooks = [hook for hook in PluginManager.hook_names() if hook not in without]
    async with Project.open(tmp_path, plugins=[(hook, example(hook)) for hook in hooks]) as project:
        await project.apply()
    out = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    assert out == {"a.dhall": "-- x\n", "b.dhall": "-- x\n", "n.txt": "2 things\n", "labels.txt": "The first\n"}


async def doubled(number: int) -> int:
    await anyio.lowlevel.checkpoint()
    return 2 * number


@pytest.mark.anyio
async def test_the_example_of_an_executor_gives_results_in_the_order_of_the_chunks() -> None:
    hooks = Hooks(PluginManager(extra=[("example", example("regen_executor"))]))
    executor = await hooks.executor("together", 2)
    assert executor is not None
    counts: list[int] = []
    async with executor.open():
        assert await executor.map(doubled, [3, 1, 2], counts.append) == [6, 2, 4]
    assert counts == [1, 2, 3]


@pytest.mark.anyio
async def test_the_example_of_a_source_sends_nothing_twice(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<urn:a> <urn:b> <urn:c> .")
    hooks = Hooks(PluginManager(extra=[("example", example("regen_fetch"))]))
    first = await hooks.fetch(Source("s", "url", f"snapshot:{tmp_path / 'a.ttl'}"), Validators())
    assert first is not None
    assert (first.data, first.format) == (b"<urn:a> <urn:b> <urn:c> .", "turtle")
    second = await hooks.fetch(Source("s", "url", f"snapshot:{tmp_path / 'a.ttl'}"), first.validators)
    assert second is not None
    assert second.data is None
    with pytest.raises(GraphError, match="source:s"):
        await hooks.fetch(Source("s", "url", "snapshot:/nowhere"), Validators())


@pytest.mark.anyio
async def test_the_example_of_a_merger_keeps_both_sides_and_declines_what_it_cannot_do() -> None:
    hooks = Hooks(PluginManager(extra=[("example", example("regen_merge"))]))
    merged = await hooks.merge(ThreeWay("a.properties", "properties", b"a=1\nb=1\n", b"a=2\nb=1\n", b"a=1\nb=1\nc=1\n"))
    assert merged is not None
    assert (merged.content, merged.how) == (b"a=2\nb=1\nc=1\n", "structure")
    both = await hooks.merge(ThreeWay("a.properties", "properties", b"a=1\n", b"a=2\n", b"a=3\n"))
    assert both is not None
    assert both.conflicts


@pytest.mark.anyio
async def test_the_example_of_a_strategy_settles_what_merging_leaves() -> None:
    hooks = Hooks(PluginManager(extra=[("example", example("regen_strategy"))]))
    await hooks.configure(PluginSettings(strategies=(("*.txt", "longest"),)))
    clean = await hooks.merge(ThreeWay("a.txt", None, b"a\nb\nc\n", b"A\nb\nc\n", b"a\nb\nC\n"))
    assert clean is not None
    assert (clean.content, clean.how) == (b"A\nb\nC\n", "lines")
    settled = await hooks.merge(ThreeWay("a.txt", None, b"a\n", b"mine\n", b"b\n"))
    assert settled is not None
    assert (settled.content, settled.how) == (b"mine\n", "rule")


@pytest.mark.anyio
async def test_the_first_example_finds_a_key_that_stands_twice(tmp_path: Path) -> None:
    from regen.model.candidate import GeneratedFile

    hooks = Hooks(PluginManager(extra=[("first", example("regen_evaluate_file"))]))
    (finding,) = await hooks.evaluate_file(GeneratedFile("a.properties", "properties", b"a=1\na=2\n"))
    assert finding.message == "the key a stands twice"


@pytest.mark.anyio
async def test_the_example_of_an_alert_is_asked_beside_the_log(caplog: pytest.LogCaptureFixture) -> None:
    hooks = Hooks(PluginManager(extra=[("example", example("regen_alert"))]))
    assert await hooks.alert(Alert("dev/web", "dev", "critical", "it burns", 0, 0)) == []
    assert [record.message for record in caplog.records] == [
        "to everybody: critical: dev: it burns",
        "critical: dev: it burns",
    ]


@pytest.mark.anyio
async def test_the_example_of_a_gate_that_measures_runs_in_the_staged_copy(tmp_path: Path) -> None:
    world = World(tmp_path / "p")
    async with world.open(plugins=[("size", example("regen_evaluate", "candidate.folder"))]) as project:
        applied = await project.apply()
    [size] = [one for one in applied.evaluated if one.gate == "size"]
    assert size.outcome == "pass"
    assert size.figures[0].value > 0
