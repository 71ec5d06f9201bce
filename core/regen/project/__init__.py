"""The front door of the library: `Project`, and `SyncProject` for programs without an event loop."""

from __future__ import annotations

from regen.project.front import Progress, Project
from regen.project.sync import SyncProject

__all__ = ["Progress", "Project", "SyncProject"]
