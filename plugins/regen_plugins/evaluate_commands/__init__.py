"""Evaluate: the commands and tools that `[[gate]]` names run in the staged copy, one after another."""

from __future__ import annotations

from collections.abc import Sequence

from regen.hooks import hookimpl
from regen.model.candidate import Candidate
from regen.model.evaluated import Evaluated
from regen.model.gate import Gate
from regen.model.settings import PluginSettings


class EvaluateCommands:
    """The gates of one project; what runs them is imported with the first one that is asked."""

    def __init__(self) -> None:
        self._gates: tuple[Gate, ...] = ()

    @hookimpl
    def regen_configure(self, settings: PluginSettings) -> None:
        """Take the gates that run something."""
        self._gates = tuple(gate for gate in settings.gates if gate.run or gate.use)

    @hookimpl
    async def regen_evaluate(self, candidate: Candidate) -> Sequence[Evaluated] | None:
        """Ask each gate whose files changed; each finds the copy as the candidate is."""
        if not candidate.changes:
            return None
        asked = [gate for gate in self._gates if gate.asked(candidate.environment, watching=candidate.watching)]
        if not asked:
            return None
        from regen_plugins.evaluate_commands.gate import ask

        return [await ask(gate, candidate) for gate in asked]
