"""Demo: the main job on a graph, step by step, in words: everything that is shown is done by the library."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from regen.cli import show
from regen.cli.running import bar, run
from regen.errors import ExitCode, UsageError
from regen.model.spelling import spell
from regen.orchestrator.comparison import GraphComparison, compare_graphs

if TYPE_CHECKING:
    from rich.console import Console

    from regen.model.plan import Plan
    from regen.project import Project

_METHOD = '''
    def shelf_mark(self) -> str:
        """Written by hand."""
        return f"{type(self).__name__[:3].upper()}-{abs(hash(self.model_dump_json())) % 1000:03}"
'''
PACKS = ("python", "typescript", "rust", "go", "sql", "markdown")
_SHOWN = 14  # lines of a long list


def demo(old: Path | None = None, new: Path | None = None, keep: Path | None = None) -> int:
    """Show the main job on a graph: a full run, a hand edit, a change, the plan, why, and a rollback."""
    if (old is None) != (new is None):
        raise UsageError("`regen demo` takes two graphs, or none", hint="regen demo OLD NEW")
    with _folder(keep) as folder:
        story = _pair(folder, old, new) if old is not None and new is not None else _library(folder)
        run(lambda: _tell(folder, story, keep is not None))
    return ExitCode.DONE


@dataclass(frozen=True)
class _Story:
    """What the demo shows.

    Attributes:
        about: one sentence about the graph.
        now: the project's graph, a file or a folder.
        later: the same after the change, outside the project's graphs.
        edits: a sentence for each edit between the two.
    """

    about: str
    now: Path
    later: Path
    edits: tuple[str, ...]

    def change(self) -> None:
        """Put the later graph in place."""
        if self.later.is_dir():
            for path in sorted(self.now.rglob("*")):
                if path.is_file() and not (self.later / path.relative_to(self.now)).exists():
                    path.unlink()
            shutil.copytree(self.later, self.now, dirs_exist_ok=True)
        else:
            shutil.copyfile(self.later, self.now)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="regen-demo-") as name:
            yield Path(name)
        return
    if keep.exists() and any(keep.iterdir()):
        raise UsageError(f"{keep} is not empty", hint="name a folder that does not exist yet")
    keep.mkdir(parents=True, exist_ok=True)
    yield keep


def _library(folder: Path) -> _Story:
    from regen_graphs import CHANGE, write

    now, later = _project(folder), folder / "later"
    later.mkdir()
    write(now)
    write(later, CHANGE)
    edits = tuple(f"{edit.file}: {edit.says}" for edit in CHANGE)
    return _Story("a public-library network in three linked Turtle files", now, later, edits)


def _pair(folder: Path, old: Path, new: Path) -> _Story:
    for path in (old, new):
        if not path.exists():
            raise UsageError(f"there is no {path}", hint="regen demo OLD NEW takes two graph files, or two folders")
    if old.is_dir() != new.is_dir():
        raise UsageError("one is a file and the other a folder", hint="regen demo OLD NEW takes two of a kind")
    now = _project(folder) / (old.name if old.is_dir() else f"graph{''.join(old.suffixes[-2:])}")
    _copy(old, now)
    return _Story(f"{old.name}, and later {new.name}", now, new, (f"{old.name} becomes {new.name}",))


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)


def _project(folder: Path) -> Path:
    packs = ", ".join(f'"pack:{name}"' for name in PACKS)
    (folder / "regen.toml").write_text(f'[project]\ngraphs = ["graphs"]\ntemplates = [{packs}]\noutput = "out"\n')
    graphs = folder / "graphs"
    graphs.mkdir()
    return graphs


async def _tell(folder: Path, story: _Story, kept: bool) -> None:
    from regen.project import Project

    console, out = show.out(), folder / "out"
    started = time.perf_counter()
    console.print(f"regen keeps generated code in step with a knowledge graph. Here: {story.about}.")
    comparison = await compare_graphs(story.now, story.later)
    async with Project.open(folder, command="demo", progress=bar()) as project:
        first = await _first_run(console, project)
        edited = _file_to_edit(first, comparison)
        _edit_by_hand(console, out, edited)
        before = _tree(out)
        plan = await _change(console, project, story, comparison)
        await _result(console, project, plan, out, edited)
        await _back(console, project, out, before)
    console.print(f"\nDone in {time.perf_counter() - started:.1f} s.", style="bold")
    if kept:
        console.print(f"The project stays in {folder}: change a graph, run `regen -C {folder} apply`.", markup=False)


async def _first_run(console: Console, project: Project) -> Plan:
    with _step(console, f"A first full run of {len(PACKS)} template packs") as done:
        plan = await project.plan()
        applied = await project.apply(plan)
        endings = Counter(Path(item.path).suffix for item in plan.items)
        for ending, count in sorted(endings.items()):
            console.print(f"  {count:>6,} {ending} files", markup=False)
        number = applied.release.number if applied.release is not None else 0
        done(f"{len(plan.items):,} files rendered, formatted, checked, written at once: release {number}")
    return plan


def _edit_by_hand(console: Console, out: Path, path: str) -> None:
    """Add a method to a generated Python class, as a person would."""
    with _step(console, "Somebody edits a generated file by hand") as done:
        file = out / path
        file.write_text(file.read_text("utf-8").rstrip("\n") + "\n" + _METHOD, "utf-8")
        console.print(f"  out/{path}", style="bold", markup=False)
        for line in _METHOD.strip("\n").splitlines():
            console.print(f"  + {line}", style="green", markup=False)
        done("nothing is marked, no file is listed as ignored")


def _file_to_edit(plan: Plan, comparison: GraphComparison) -> str:
    """A Python class that the change will touch, so that the edit has to be merged; any one where there is none."""
    mentioned = json.dumps(spell(comparison.events))
    classes = [item for item in plan.items if item.path.endswith(".py") and b"\nclass " in (item.content or b"")]
    keyed = [item for item in classes if item.artifact.key is not None]
    touched = [item for item in keyed if f'{item.artifact.key}"' in mentioned or f"{item.artifact.key}>" in mentioned]
    chosen = touched or keyed or classes
    if not chosen:
        raise UsageError("this graph has no classes", hint="the packs look for owl:Class, rdfs:Class and SHACL targets")
    return chosen[0].path


async def _change(console: Console, project: Project, story: _Story, comparison: GraphComparison) -> Plan:
    with _step(console, "The graph changes"):
        story.change()
        for sentence in story.edits:
            console.print(f"  {sentence}", markup=False)
    with _step(console, "The change as events: `regen diff`") as done:
        _some(console, [f"{sign} {text}" for sign, text in comparison.lines])
        done(f"{comparison.added} triples added, {comparison.removed} removed; comments and order count for nothing")
    with _step(console, "What it affects, and why: `regen plan`") as done:
        plan = await project.plan()
        width = min(max((len(item.path) for item in plan.items), default=0), 48)
        for item in plan.items[:_SHOWN]:
            show.line(console, item, width)
        if len(plan.items) > _SHOWN:
            console.print(f"  … and {len(plan.items) - _SHOWN} more", style="dim")
        done(show.summary(plan))
    return plan


async def _result(console: Console, project: Project, plan: Plan, out: Path, edited: str) -> None:
    with _step(console, "The cycle: `regen apply`") as done:
        applied = await project.apply(plan)
        number = applied.release.number if applied.release is not None else 0
        done(f"release {number}: {len(plan.items)} files, the others were not touched")
    with _step(console, "The edit is still there") as done:
        text = (out / edited).read_text("utf-8").splitlines()
        at = next((number for number, line in enumerate(text, 1) if "def shelf_mark" in line), 0)
        for number in range(max(at - 3, 1), min(at + 3, len(text)) + 1):
            console.print(f"  {number:>4} {text[number - 1]}", markup=False)
        if not at:
            raise UsageError(f"the hand edit is gone from {edited}", hint="this is a fault of regen: please report it")
        done(f"out/{edited} was merged by structure")
    with _step(console, f"Why is this line here? `regen why out/{edited}:{_line_to_ask(text)}`"):
        answer = await project.why(f"{edited}:{_line_to_ask(text)}")
        for style, line in [row for row in answer.lines() if not row[1].startswith("    ")][:8]:
            console.print(f"  {line}", style=style, markup=False)


def _line_to_ask(text: list[str]) -> int:
    """A line that the template made of a fact: the class's own."""
    return next((number for number, line in enumerate(text, 1) if line.startswith("class ")), 1)


async def _back(console: Console, project: Project, out: Path, before: dict[str, bytes]) -> None:
    with _step(console, "And back: `regen rollback`") as done:
        rolled = await project.rollback()
        after = _tree(out)
        differing = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
        if differing:
            raise UsageError(f"{differing[0]} was not restored", hint="this is a fault of regen: please report it")
        done(f"release {rolled.release.restores} again: {len(after):,} files compared, every byte as it was")


def _tree(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def _some(console: Console, lines: list[str]) -> None:
    for line in lines[:_SHOWN]:
        console.print(f"  {line}", markup=False)
    if len(lines) > _SHOWN:
        console.print(f"  … and {len(lines) - _SHOWN} more lines", style="dim")


@contextmanager
def _step(console: Console, title: str) -> Iterator[Callable[[str], None]]:
    """One step of the story: its title, what it shows, and a closing line with its time."""
    console.print(f"\n{title}", style="bold cyan", markup=False)
    started = time.perf_counter()
    said: list[str] = []
    yield said.append
    if said:
        console.print(f"  {said[-1]} ({_duration(time.perf_counter() - started)})", style="dim", markup=False)


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
