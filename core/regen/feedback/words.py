"""Words: times and needs for people."""

from __future__ import annotations

from regen.feedback.control import Need


def shown_s(time_s: float) -> str:
    """A time for people."""
    return f"{time_s:.1f} s" if time_s >= 1 else f"{time_s * 1000:.3g} ms"


def reason_of(need: Need) -> str:
    """Why so many workers."""
    left = f"{shown_s(need.left_s)} are left" if need.left_s > 0 else "no time is left"
    return f"{shown_s(need.work_s)} of work wait, {left}"
