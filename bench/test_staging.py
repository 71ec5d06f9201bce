"""What the staged copy costs: a project of 1,000 and of 10,000 generated files, brought from candidate to candidate."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from bench.conftest import report
from regen.orchestrator.staged import Layout
from regen.staging import StagedCopy


def spent(work: Callable[[], object]) -> str:
    started, processor = time.perf_counter(), time.process_time()
    work()
    return f"{time.process_time() - processor:.3f} s, {time.perf_counter() - started:.3f} s of wall time"


@pytest.mark.long
@pytest.mark.parametrize("files", [1_000, 10_000])
def test_the_copy_follows(tmp_path: Path, files: int) -> None:
    paths = [f"m{number % 100}/f{number}.py" for number in range(files)]
    for path in paths:
        place = tmp_path / "out" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"x = {path!r}\n" * 20)
    anyio.run(anyio.run_process, ["git", "init", "-q", str(tmp_path)])
    copy, layout = StagedCopy(tmp_path / ".regen/staged/dev"), Layout(tmp_path, tmp_path / "out", "out", ())

    def bring(changed: int = 0) -> None:
        touched = copy.bring(layout.wanted(paths, ()), layout.ignored)
        assert len(touched) == changed

    rows = [("made", spent(lambda: bring(files))), ("nothing changed", spent(bring))]
    (tmp_path / "out" / paths[0]).write_text("changed\n")
    rows.append(("one file changed", spent(lambda: bring(1))))
    wanted = layout.wanted(paths, ())
    (copy.folder / "out" / paths[1]).write_text("by a tool\n")
    rows.append(("the next gate, a tool changed one", spent(lambda: copy.bring(wanted, layout.ignored))))
    copy = StagedCopy(copy.folder)
    rows.append(("another process", spent(bring)))
    report(f"the staged copy of {files:,} files, processor time", rows)
