"""The command line: arguments → project → exit code."""

from __future__ import annotations

from regen.cli.main import main

__all__ = ["main"]
