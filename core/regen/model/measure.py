"""Measure: one value that was measured at one time, of regen's own or of its user."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """One value.

    Attributes:
        metric: its name: lower-case words with `_` between them.
        value: a share 0..1, seconds, or a number.
        unit: which of these: "share", "s" or "number".
        at: seconds since the epoch, UTC.
        environment: whose it is; None: of the project.
        label: of what it is, such as the name of a source; "" for nothing in particular.
    """

    metric: str
    value: float
    unit: str
    at: float
    environment: str | None = None
    label: str = ""
