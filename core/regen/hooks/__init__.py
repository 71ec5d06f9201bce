"""Hooks: where plugins enter. `@hookimpl` marks an implementation; the specs are in `regen.hooks.specs`."""

from regen.hooks.markers import hookimpl, hookspec

__all__ = ["hookimpl", "hookspec"]
