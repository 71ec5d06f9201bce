"""What one changed triple costs a watch: time and counts; and what the same costs by hand."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from jinja2 import Environment

from regen.orchestrator import advance
from regen.orchestrator.looking import look
from regen.project import Project


async def watched(folder: Path, template: str | None, step: Callable[[int], None], rounds: int) -> dict[str, Any]:
    """Run a watch and change one triple in each round.

    Args:
        folder: the project; its templates of other names than `template` are set aside meanwhile.
        template: the only one of the project's own to keep; None: the pack alone.
        step: changes one triple.
        rounds: how often.

    Returns:
        Seconds from the event to the commit (median), counts of one round, the paths of its outputs.
    """
    aside = folder / "aside"
    aside.mkdir(exist_ok=True)
    for file in (folder / "templates").glob("*.j2"):
        if file.stem != template:
            file.rename(aside / file.name)
    config = folder / "regen.toml"
    before = config.read_text()
    config.write_text(before.replace(', "pack:python"' if template else '"templates", ', ""))
    try:
        return await _watched(folder, step, rounds)
    finally:
        config.write_text(before)
        for file in aside.glob("*.j2"):
            file.rename(folder / "templates" / file.name)


async def _watched(folder: Path, step: Callable[[int], None], rounds: int) -> dict[str, Any]:
    looked: list[int] = []

    def counted(*arguments: Any) -> Any:
        found = look(*arguments)
        looked.append(len(found.files))
        return found

    advance.look = counted
    seconds, counters, outputs = [], [], []
    async with Project.open(folder) as project:
        turns = project.watch()
        await anext(turns)
        for number in range(rounds):
            looked.clear()
            connection = project._session.state.db._connection
            rows = connection.total_changes
            step(number)
            while True:
                turn = await anext(turns)
                assert turn.error is None, turn.error
                if turn.applied is not None and turn.applied.plan.items:
                    break
            plan = turn.applied.plan
            seconds.append(turn.duration_s)
            outputs = [item.path for item in plan.items]
            counters.append(
                {
                    "files": sum(looked),
                    "keys": plan.evaluated,
                    "written": len(plan.items),
                    "rows": connection.total_changes - rows,
                }
            )
        await turns.aclose()
    advance.look = look
    return {"seconds": statistics.median(seconds), "counters": counters[rounds // 2], "outputs": outputs}


def by_hand(folder: Path, file: Path, outputs: list[str]) -> float:
    """Seconds (median of 15) to parse the changed file, render as many files, write and sync them."""
    template = Environment().from_string("{{ label }}\n{% for name in names %}knows {{ name }}\n{% endfor %}")
    times = []
    for _ in range(15):
        started = time.perf_counter()
        set(ox.parse(file.read_bytes(), format=ox.RdfFormat.TURTLE, base_iri="file:///x"))
        for path in outputs:
            place = folder / "by-hand" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            _write(place, template.render(label="Thing", names=["a", "b", "c"]).encode())
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def _write(place: Path, data: bytes) -> None:
    temporary = place.with_name(f".{place.name}.tmp")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.write(fd, data)
    os.fsync(fd)
    os.close(fd)
    temporary.rename(place)
