"""Command: a program of the project's runs in the staged copy; its exit code is the outcome."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from regen import telemetry
from regen.commands import Ran, run_beside
from regen.model.evaluated import Evaluated, Figure, Outcome
from regen.model.gate import FILES, Gate
from regen_plugins.evaluate_commands.figures import measured
from regen_plugins.tools import NOTHING_LEFT, Ground, pieces

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
        **telemetry.carried(),
        **dict(gate.env),
    }
    started, at = time.perf_counter(), time.time()
    ends: list[Ran] = []
    for words in _lines(gate.run, there):
        left = gate.timeout_s - (time.perf_counter() - started)
        try:
            ran = await run_beside(
                words, folder=folder, variables=told, timeout_s=max(left, 0.001), most=_MOST, reaped=True
            )
        except OSError as error:
            reason = f"`{words[0]}` cannot be run: {error.strerror}"
            return Evaluated(gate.name, "inconclusive", reason=reason)
        ends.append(ran)
        if ran.code is None:
            break
    output = b"".join(ran.output for ran in ends)[-_MOST:].decode("utf-8", "replace")
    outcome, reason = _outcome(gate, ends)
    figures, lost = measured(gate.figures, output, folder, since=at)
    took = time.perf_counter() - started
    worst = next((ran.code for ran in ends if ran.code), 0)
    own = (
        Figure("duration_s", took, "s"),
        Figure("exit", worst if worst is not None else -9),
        Figure("failed", float(outcome == "fail")),
    )
    why = "; ".join(part for part in (reason, *lost) if part)
    return Evaluated(gate.name, outcome, (), (*own, *figures), took, output, why)


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
