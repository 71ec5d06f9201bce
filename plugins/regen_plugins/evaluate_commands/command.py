"""Command: a program of the project's runs in the staged copy; its exit code is the outcome."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from regen.commands import Ran
from regen.model.evaluated import Evaluated, Figure, Outcome
from regen.model.gate import FILES, Gate
from regen_plugins.evaluate_commands.figures import measured
from regen_plugins.tools import NOTHING_LEFT, Ground, Line, pieces, run_all

_MOST = 65_536  # bytes of output that are kept, the last ones


async def command(gate: Gate, ground: Ground, files: Sequence[str], environment: str) -> Evaluated:
    """Run the command of a gate, more than once where one command line cannot hold all files.

    Args:
        files: that changed, relative to the generated files' folder; those that are gone among them.
    """
    folder = ground.copy / gate.cwd
    if not folder.is_dir():
        return Evaluated(gate.name, "inconclusive", reason=f"there is no folder {gate.cwd} in the project")
    there = _there(ground, folder, files)
    if FILES in gate.run and not there:
        return Evaluated(gate.name, "skipped", reason=NOTHING_LEFT)
    told = {
        **ground.variables(),
        "REGEN_ENVIRONMENT": environment,
        "REGEN_TREE": str(ground.tree),
        **dict(gate.env),
    }
    lines = [Line(words, folder, told) for words in _lines(gate.run, there)]
    started, at = time.perf_counter(), time.time()
    try:
        ends = await run_all(lines, timeout_s=gate.timeout_s, most=_MOST)
    except OSError as error:
        return Evaluated(gate.name, "inconclusive", reason=f"`{gate.run[0]}` cannot be run: {error.strerror}")
    took = time.perf_counter() - started
    output = b"".join(ran.output for ran in ends)[-_MOST:].decode("utf-8", "replace")
    outcome, reason = _outcome(gate, ends)
    figures, lost = measured(gate.figures, output, folder, since=at)
    why = "; ".join(part for part in (reason, *lost) if part)
    return Evaluated(gate.name, outcome, (), (*_own(ends, outcome, took), *figures), took, output, why)


def _own(ends: Sequence[Ran], outcome: Outcome, took: float) -> tuple[Figure, ...]:
    """What is measured of each command; killed at its limit it ends as by signal 9."""
    code = next((ran.code for ran in ends if ran.code != 0), 0)
    return (
        Figure("duration_s", took, "s"),
        Figure("exit", -9 if code is None else code),
        Figure("failed", float(outcome == "fail")),
    )


def _there(ground: Ground, folder: Path, files: Sequence[str]) -> list[str]:
    """Files that are left, relative to the folder that the command works in."""
    return [os.path.relpath(ground.tree / path, folder) for path in files if (ground.tree / path).is_file()]


def _outcome(gate: Gate, ends: Sequence[Ran]) -> tuple[Outcome, str]:
    for ran in ends:
        if ran.code is None:
            return "fail", f"it took more than {gate.timeout_s:g} s, and was killed"
        if ran.code:
            return "fail", f"signal {-ran.code}" if ran.code < 0 else f"exit code {ran.code}"
    return "pass", ""


def _lines(words: Sequence[str], files: Sequence[str]) -> Iterator[list[str]]:
    """Command lines with the files in place; several where one would be too long."""
    if FILES not in words:
        yield list(words)
        return
    for piece in pieces(files):
        yield _filled(words, piece)


def _filled(words: Sequence[str], files: Sequence[str]) -> list[str]:
    return [part for word in words for part in (files if word == FILES else [word])]
