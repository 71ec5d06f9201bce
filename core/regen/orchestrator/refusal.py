"""Refusal: what is said where gates say no, and the output of their commands, kept to be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from regen.errors import GateError
from regen.model.evaluated import Evaluated
from regen.model.finding import Finding
from regen.model.plan import Plan
from regen.stages.evaluate import Verdict

FOLDER = "gates"
"""Of what commands printed last, in `.regen`, by environment and gate."""

_SHOWN = 10  # of what gates say no for
_LINES = 12  # of a command's output


def keep_output(folder: Path, environment: str, results: Sequence[Evaluated]) -> dict[str, Path]:
    """Write what commands printed where a person can read it, and give the files by gate.

    A full disk costs the file, not the verdict.
    """
    kept = {}
    for result in results:
        if result.output:
            place = folder / FOLDER / environment / f"{result.gate.replace(' ', '-')}.log"
            with suppress(OSError):
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(result.output, "utf-8")
                kept[result.gate] = place
    return kept


def refusal(result: Verdict, plan: Plan, logs: Mapping[str, Path]) -> GateError:
    """What is said of gates that say no: each with its errors, or with its reason and the end of its output."""
    lines = [line for gate in result.stopping for line in _lines(gate, plan, logs)]
    errors = (finding for gate in result.stopping for finding in gate.findings if finding.severity == "error")
    hint = next((finding.hint for finding in errors if finding.hint), None)
    shown = "\n".join(f"  {line}" for line in lines)
    return GateError(
        f"a gate said no, and nothing was written:\n{shown}",
        hint=hint or "mend the graph or the template; what was stopped waits in the stale set",
    )


def _lines(gate: Evaluated, plan: Plan, logs: Mapping[str, Path]) -> Iterator[str]:
    errors = [finding for finding in gate.findings if finding.severity == "error"]
    for finding in errors[:_SHOWN]:
        yield f"{finding}{_made_by(finding, plan)}"
    if len(errors) > _SHOWN:
        yield f"and {len(errors) - _SHOWN} more of {gate.gate}"
    if errors and not gate.reason:
        return
    yield f"{gate.gate}: {gate.outcome}{f': {gate.reason}' if gate.reason else ''}"
    printed = [line for line in gate.output.splitlines() if line.strip()]
    for line in printed[-_LINES:]:
        yield f"  | {line[:300]}"
    if len(printed) > _LINES and gate.gate in logs:
        yield f"  all of it is in {logs[gate.gate]}"


def _made_by(finding: Finding, plan: Plan) -> str:
    """The template and the key behind a generated file."""
    item = next((item for item in plan.items if item.path == finding.path), None)
    if item is None:
        return ""
    key = item.artifact.key
    return f", made by {item.artifact.template}{f' for {key.n3()}' if key is not None else ''}"
