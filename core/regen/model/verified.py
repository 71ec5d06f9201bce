"""Verified: what was read back from where readers see it, after a release was switched to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf


@dataclass(frozen=True, slots=True)
class Wrong:
    """A file that does not hold what its release says.

    Attributes:
        path: relative to the environment's root.
        what: "gone": it is not there; "other bytes"; "still there": the release has none; "unreadable".
        expected, found: digests; None: no file, or none that can be read.
    """

    path: str
    what: OneOf["gone", "other bytes", "still there", "unreadable"]
    expected: str | None
    found: str | None

    def __str__(self) -> str:
        return f"{self.path} ({self.what})"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was read back.

    Attributes:
        checked: how many paths.
        wrong: those that do not hold what the release says, by path.
        edited: those that somebody wrote to since they were switched, which is no fault; by path.
    """

    checked: int
    wrong: tuple[Wrong, ...] = ()
    edited: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every path holds what the release says, or what somebody has written since."""
        return not self.wrong

    def __str__(self) -> str:
        if self.wrong:
            more = f" and {len(self.wrong) - 10} more" if len(self.wrong) > 10 else ""
            return f"{', '.join(map(str, self.wrong[:10]))}{more}"
        return f"{self.checked:,} file{'s' if self.checked != 1 else ''} read back"
