"""regen keeps generated code in step with a knowledge graph.

The front door is `Project`; everything else that a build script or a plugin needs is in `regen.model`,
`regen.hooks` and `regen.errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regen.version import __version__

__all__ = ["Project", "SyncProject", "__version__", "merge_file"]

if TYPE_CHECKING:
    from regen.orchestrator.outside import merge_file
    from regen.project import Project, SyncProject


def __getattr__(name: str) -> Any:
    """Import the front door when it is first used: `regen --help` and plugins do not pay for it."""
    if name in {"Project", "SyncProject"}:
        from regen import project

        return getattr(project, name)
    if name == "merge_file":
        from regen.orchestrator import outside

        return outside.merge_file
    raise AttributeError(f"module 'regen' has no attribute {name!r}")
