"""Gate: one `[[gate]]` is asked about a candidate, if files changed that it is for."""

from __future__ import annotations

from dataclasses import replace

from pathspec import GitIgnoreSpec

from regen.model.candidate import Candidate
from regen.model.evaluated import Evaluated
from regen.model.gate import Gate
from regen_plugins.evaluate_commands.command import command
from regen_plugins.tools import TOOLS, Ground, check


async def ask(gate: Gate, candidate: Candidate) -> Evaluated:
    """Run what it names in the staged copy, which is as the candidate is."""
    files = _files(gate, candidate)
    if not files and (gate.languages or gate.paths or gate.use):
        return Evaluated(gate.name, "skipped", reason="no file changed that it is for", required=gate.required)
    ground = Ground((await candidate.folder()).resolve(), candidate.tree)
    if gate.use is not None:
        result = await check(gate.name, TOOLS[gate.use], ground, files, timeout_s=gate.timeout_s, variables=gate.env)
    else:
        result = await command(gate, ground, files, candidate.environment)
    doubt = result.outcome == "inconclusive" and gate.lets_doubt_pass
    return replace(result, required=gate.required and not doubt)


def _files(gate: Gate, candidate: Candidate) -> list[str]:
    """The files of the candidate that changed and that the gate is for; without conditions, a tool's own ones."""
    touched = list(candidate.touched())
    if gate.languages or gate.paths:
        patterns = GitIgnoreSpec.from_lines(gate.paths)
        touched = [p for p in touched if candidate.language(p) in gate.languages or patterns.match_file(p)]
    if gate.use is not None:
        endings = tuple(TOOLS[gate.use].endings)
        touched = [path for path in touched if path.endswith(endings)]
    return touched
