"""Semantic versions: which part of one grows, and what comes after it."""

from __future__ import annotations

from typing import Final
from typing import Literal as OneOf

Bump = OneOf["major", "minor", "patch"]

FIRST_VERSION: Final = "0.1.0"


def next_version(version: str, bump: Bump) -> str:
    """The version after one, by Semantic Versioning 2.0.0.

    While the major number is 0 the minor number grows for what breaks, and the patch number for all else: that is how
    Cargo, npm and Poetry read their ranges.

    Args:
        version: three numbers with points between them.
    """
    major, minor, patch = (int(part) for part in version.split("."))
    if major == 0:
        return f"0.{minor + 1}.0" if bump == "major" else f"0.{minor}.{patch + 1}"
    match bump:
        case "major":
            return f"{major + 1}.0.0"
        case "minor":
            return f"{major}.{minor + 1}.0"
        case "patch":
            return f"{major}.{minor}.{patch + 1}"
