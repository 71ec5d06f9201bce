"""Console: rich's, but for what it does when the reader of a pipe has enough."""

from __future__ import annotations

from typing import NoReturn

from rich.console import Console


class PipeConsole(Console):
    """Raises BrokenPipeError, which ends a command with 0; rich would end it with 1."""

    def on_broken_pipe(self) -> NoReturn:
        """Called by rich."""
        raise BrokenPipeError
