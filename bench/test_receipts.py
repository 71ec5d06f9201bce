"""What a receipt and the audit cost in one small change, and how long it takes to verify a release of 10,000 files."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.conftest import report
from regen.orchestrator.verify import verify
from regen.project import Project
from regen.project.sync import SyncProject
from regen.state import audit

ROUNDS = 15
TEMPLATE = """\
---
to: "{{ this | local_name }}.txt"
each: "SELECT ?this ?v WHERE { ?this a <http://e/C> ; <http://e/v> ?v }"
---
value {{ each[0].v }}
"""


def write(root: Path, files: int, value: str) -> None:
    """A graph with an artifact for each node, the fifth with this value."""
    lines = (f'<http://e/n{n}> a <http://e/C> ; <http://e/v> "{value if n == 5 else n}" .\n' for n in range(files))
    (root / "graphs/g.ttl").write_text("".join(lines))


@contextmanager
def without_records(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make releases as if there were neither receipts nor an audit."""
    with patch.context() as context:
        context.setattr("regen.stages.deploy.receipt.give_receipt", lambda *_, **__: None)
        context.setattr(audit, "note", lambda *_, **__: "")
        yield


def change(project: SyncProject, files: int, patch: pytest.MonkeyPatch) -> tuple[float, int, int]:
    """Median processor seconds of one changed file, SQL statements of the last, files and folders flushed in it."""
    seconds = []
    for number in range(ROUNDS):
        write(project.root, files, f"{time.time_ns()}{number}")
        started = time.process_time()
        project.apply()
        seconds.append(time.process_time() - started)
    statements: list[str] = []
    flushed: list[int] = []
    connection = project._project._session.state.db._connection
    flush: Callable[[int], None] = os.fsync
    with patch.context() as context:
        context.setattr(os, "fsync", lambda fd: [flushed.append(fd), flush(fd)])
        connection.set_trace_callback(statements.append)
        write(project.root, files, f"{time.time_ns()}")
        project.apply()
        connection.set_trace_callback(None)
    return statistics.median(seconds), len(statements), len(flushed)


@pytest.mark.long
@pytest.mark.parametrize("files", [1_000, 10_000])
def test_receipts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: int) -> None:
    root = tmp_path / "project"
    (root / "graphs").mkdir(parents=True)
    (root / "templates").mkdir()
    (root / "templates/t.j2").write_text(TEMPLATE)
    write(root, files, "5")
    with Project.open_sync(root) as project:
        project.apply()
        with_them = change(project, files, monkeypatch)
    started = time.perf_counter()
    assert verify(root, None, None, progress=lambda *_: None).clean
    took = time.perf_counter() - started
    with Project.open_sync(root) as project, without_records(monkeypatch):
        without = change(project, files, monkeypatch)
    shown = [("processor time", "{:.1f} ms", 1000.0), ("SQL statements", "{:.0f}", 1.0), ("flushes", "{:.0f}", 1.0)]
    rows = [
        (f"{name}, with receipt and audit · without", f"{form.format(one * unit)} · {form.format(other * unit)}")
        for (name, form, unit), one, other in zip(shown, with_them, without, strict=True)
    ]
    report(f"One change in {files:,} files", [*rows, ("verify everything", f"{took:.2f} s")])
    assert with_them[2] == without[2]
    assert took < 5
