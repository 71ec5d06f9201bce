"""The front door of the library: `Project`, and `SyncProject` for programs without an event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regen.project.front import Progress, Project

if TYPE_CHECKING:
    from regen.project.sync import SyncProject

__all__ = ["Progress", "Project", "SyncProject"]


def __getattr__(name: str) -> Any:
    """`SyncProject`, when it is asked for: commands have no use for it."""
    if name == "SyncProject":
        from regen.project.sync import SyncProject

        return SyncProject
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
