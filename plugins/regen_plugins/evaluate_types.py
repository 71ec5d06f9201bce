"""Evaluate: the types of generated files are checked by their language's own tool, where it is installed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from regen.hooks import hookimpl
from regen.model.candidate import Candidate
from regen.model.evaluated import Evaluated
from regen.model.gate import CHECKERS, Tool
from regen.model.settings import PluginSettings, When, asks

_TIMEOUT_S = 600.0  # of one tool; a first `cargo check` builds what the crate needs


class EvaluateTypes:
    """The tools of one project."""

    def __init__(self) -> None:
        self._when: When = "never"
        self._tools: dict[str, Tool] = {}

    @hookimpl
    def regen_configure(self, settings: PluginSettings) -> None:
        """Take which tool checks which language, and when."""
        self._when = settings.types
        self._tools = {language: tools[0] for language, tools in CHECKERS.items()}
        self._tools |= {
            language: tool
            for language, tools in CHECKERS.items()
            for tool in tools
            if (language, tool) in settings.tools
        }

    @hookimpl
    async def regen_evaluate(self, candidate: Candidate) -> Sequence[Evaluated] | None:
        """Run each tool whose language has a file that changed."""
        if not asks(self._when, watching=candidate.watching):
            return None
        files: dict[Tool, list[str]] = defaultdict(list)
        for path in candidate.touched():
            tool = self._tools.get(candidate.language(path) or "")
            if tool is not None:
                files[tool].append(path)
        if not files:
            return None
        from regen_plugins.tools import TOOLS, Ground, check

        ground = Ground((await candidate.folder()).resolve(), candidate.tree)
        return [
            await check(TOOLS[tool].name, TOOLS[tool], ground, files[tool], timeout_s=_TIMEOUT_S)
            for tool in sorted(files)
        ]
