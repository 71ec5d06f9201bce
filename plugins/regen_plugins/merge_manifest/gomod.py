"""Merge: of two versions of a Go module the higher one counts, as in Go's minimal version selection."""

from __future__ import annotations

import re

# https://go.dev/ref/mod#versions; "go1.22.1" and "1.22" are those of the `toolchain` and `go` lines.
_VERSION = re.compile(
    r"(?:v|go)?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-?((?:rc|beta|alpha)?[0-9A-Za-z.-]+))?(\+[0-9A-Za-z.-]+)?"
)
_Rank = tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]


def higher(base: str | None, ours: str, theirs: str) -> str | None:
    """The higher of two versions; None where one is no version."""
    mine, other = _rank(ours), _rank(theirs)
    if mine is None or other is None:
        return None
    return ours if (mine, ours) >= (other, theirs) else theirs


def _rank(text: str) -> _Rank | None:
    """Precedence as semver.org has it, 11: a pre-release comes before its release, numbers before words."""
    found = _VERSION.fullmatch(text)
    if found is None:
        return None
    numbers = tuple(int(part or 0) for part in found.groups()[:3])
    parts = found[4].split(".") if found[4] else []
    words = tuple((not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts)
    return numbers, not words, words
