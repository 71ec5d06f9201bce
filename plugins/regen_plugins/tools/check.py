"""Check: a tool runs in the staged copy, and what it says becomes the result of a gate."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import anyio.to_thread

from regen.commands import Ran
from regen.model.evaluated import Evaluated, Figure, Outcome
from regen.model.finding import Finding
from regen_plugins.tools.ground import Ground
from regen_plugins.tools.runs import Line, run_all
from regen_plugins.tools.tool import NOTHING_LEFT, Call, Said, Tool

_MOST = 32 * 1024 * 1024  # bytes of findings that are read; a tool that says more is cut, and told of
_KEPT = 65_536  # characters of output that are kept
_FINDINGS = 1_000  # that are kept


async def check(
    gate: str,
    tool: Tool,
    ground: Ground,
    files: Sequence[str],
    *,
    timeout_s: float,
    variables: Sequence[tuple[str, str]] = (),
) -> Evaluated:
    """Run a tool to its end.

    Args:
        gate: the name of the result.
        tool: which.
        ground: the staged copy.
        files: that changed, relative to the generated files' folder; those that are gone among them.
        timeout_s: for all runs together, in seconds.
        variables: beside those of this process.
    """
    program = ground.program(tool.program)
    if program is None:
        return Evaluated(gate, "skipped", reason=f"{tool.program} is not installed: {tool.install}")
    if not _left(ground, tool, files):
        return Evaluated(gate, "skipped", reason=NOTHING_LEFT)
    started = time.perf_counter()
    calls = await anyio.to_thread.run_sync(partial(tool.prepare, ground, program, files))
    if isinstance(calls, str):
        return Evaluated(gate, "skipped", reason=calls)
    shared = {**ground.variables(), **dict(variables)}
    lines = [
        Line([str(program), *tool.arguments, *call.arguments], call.folder, {**call.variables, **shared})
        for call in calls
    ]
    try:
        ran = await run_all(lines, timeout_s=timeout_s, most=_MOST)
    except OSError as error:
        return Evaluated(gate, "inconclusive", reason=f"{program} cannot be run: {error.strerror}")
    ends = list(zip(calls, ran, strict=False))  # fewer where the time was over
    return _result(gate, tool, ground, ends, _Took(time.perf_counter() - started, timeout_s))


def _left(ground: Ground, tool: Tool, files: Sequence[str]) -> bool:
    """Whether there is a file that it can look at: one that changed, or any other."""
    if any((ground.tree / path).is_file() for path in files):
        return True
    return any(place.suffix in tool.endings for place in ground.tree.rglob("*") if place.is_file())


@dataclass(frozen=True, slots=True)
class _Took:
    """How long it took, and how long it might have; in seconds."""

    duration_s: float
    timeout_s: float


def _result(gate: str, tool: Tool, ground: Ground, ends: list[tuple[Call, Ran]], took: _Took) -> Evaluated:
    found: dict[Finding, None] = {}
    for call, ran in ends:
        for said in tool.read(ran.output.decode("utf-8", "replace")):
            found[_finding(gate, ground, call, said)] = None
    errors = [finding for finding in found if finding.severity == "error"]
    outcome, reason = _outcome(errors, ends, took)
    kept = [*errors, *(finding for finding in found if finding.severity != "error")]
    if len(kept) > _FINDINGS:
        reason = f"{reason}{'; ' if reason else ''}the first {_FINDINGS} of {len(kept)} findings are kept"
    output = b"".join(ran.output[-_KEPT:] for _, ran in ends).decode("utf-8", "replace")
    return Evaluated(
        gate,
        outcome,
        tuple(kept[:_FINDINGS]),
        (Figure("errors", len(errors)), Figure("warnings", len(found) - len(errors))),
        took.duration_s,
        output[-_KEPT:] if outcome != "pass" and not errors else "",
        reason,
    )


def _outcome(errors: list[Finding], ends: list[tuple[Call, Ran]], took: _Took) -> tuple[Outcome, str]:
    if any(ran.code is None for _, ran in ends):
        return "fail", f"it took more than {took.timeout_s:g} s, and was killed"
    if any(ran.cut for _, ran in ends):
        return "inconclusive", f"it printed more than {_MOST >> 20} MiB"
    if errors:
        return "fail", ""
    failed = next((ran for _, ran in ends if ran.code), None)
    if failed is not None:
        code = failed.code or 0
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return "inconclusive", f"it ended with {how}, and names no error in a file: {failed.last_line}"
    return "pass", ""


def _finding(gate: str, ground: Ground, call: Call, said: Said) -> Finding:
    path = None if said.path is None else ground.known(said.path, call.folder)
    message = f"{said.message} ({said.code})" if said.code else said.message
    return Finding(gate, said.severity, message, path, said.line or None, said.column or None)
