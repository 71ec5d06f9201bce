"""The two markers of pluggy, under regen's name."""

from __future__ import annotations

import pluggy

PROJECT = "regen"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
