"""Refusal: what is said where gates say no, and the output of their commands, kept to be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from regen.errors import GateError
from regen.model.evaluated import Evaluated
from regen.model.finding import Finding
from regen.model.plan import Plan, PlanItem
from regen.orchestrator.rows import evaluated
from regen.orchestrator.session import Place, Session
from regen.orchestrator.template_lines import template_line
from regen.stages.evaluate import Verdict

FOLDER = "gates"
"""Of what commands printed last, in `.regen`, by environment and gate."""

_MEND = "mend the graph or the template; what was stopped waits in the stale set"
_DOUBT = 'install or measure what is missing, or let it pass: `inconclusive = "pass"` of the [[gate]]'
_SHOWN = 10  # of what gates say no for
_LINES = 12  # of a command's output


class RefusedError(GateError):
    """A gate said no; nothing was written.

    Attributes:
        evaluated: what each gate said, those that passed too.
    """

    evaluated: tuple[Evaluated, ...] = ()


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


def shown(result: Verdict) -> tuple[Finding, ...]:
    """The errors that a refusal shows."""
    return tuple(finding for gate in result.stopping for finding in _errors(gate)[:_SHOWN])


async def made_by(session: Session, place: Place, plan: Plan, findings: Iterable[Finding]) -> Mapping[Finding, str]:
    """The template behind each finding, with the line where that is known, and the key."""
    items = {item.path: item for item in plan.items if item.content is not None}
    found = {}
    for finding in findings:
        item = items.get(finding.path or "")
        if item is not None:
            key = item.artifact.key
            what = await _template_place(session, place, item, finding.line)
            found[finding] = f"made by {what}{f' for {key.n3()}' if key is not None else ''}"
    return found


async def _template_place(session: Session, place: Place, item: PlanItem, line: int | None) -> str:
    unit = session.units.get(item.artifact.template)
    if unit is None or line is None or item.render is None or item.content is None:
        return item.artifact.template
    if not 1 <= line <= len(item.content.decode("utf-8", "replace").splitlines()):
        return unit.template.where
    rows = evaluated(session, place, unit, item.artifact.key)
    found = await template_line(session, unit, item.artifact.key, rows, base=item.render, ours=item.content, line=line)
    return unit.template.where if found is None else found[0]


def refusal(result: Verdict, places: Mapping[Finding, str], logs: Mapping[str, Path]) -> RefusedError:
    """What is said of gates that say no: each with its errors, or with its reason and the end of its output.

    Args:
        places: what made the files that findings are about.
        logs: where the output of commands is kept.
    """
    lines = [line for gate in result.stopping for line in _lines(gate, places, logs)]
    hint = next((finding.hint for gate in result.stopping for finding in _errors(gate) if finding.hint), None)
    said = "\n".join(f"  {line}" for line in lines)
    doubt = all(gate.outcome == "inconclusive" for gate in result.stopping)
    error = RefusedError(f"a gate said no, and nothing was written:\n{said}", hint=hint or (_DOUBT if doubt else _MEND))
    error.evaluated = result.results
    return error


def _errors(gate: Evaluated) -> list[Finding]:
    return [finding for finding in gate.findings if finding.severity == "error"]


def _lines(gate: Evaluated, places: Mapping[Finding, str], logs: Mapping[str, Path]) -> Iterator[str]:
    errors = _errors(gate)
    for finding in errors[:_SHOWN]:
        yield str(finding)
        if finding in places:
            yield f"  {places[finding]}"
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
