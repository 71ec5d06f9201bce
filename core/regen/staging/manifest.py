"""Manifest: what was put into a staged copy, so that what is other there was changed since."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regen.staging.wanted import Key

MANIFEST = ".manifest"
"""What the name of a manifest has after that of the copy."""

_VERSION = 1


@dataclass(slots=True)
class Row:
    """One path of a copy.

    Attributes:
        source: the key of what was put there.
        digest: of its bytes; "" for a link.
        stands: signature of the copy when it was made.
    """

    source: Key
    digest: str
    stands: tuple[int, ...]


@dataclass(slots=True)
class Manifest:
    """All rows of a copy.

    Attributes:
        rows: by path.
        second: the last second that was given to a file as its time, since the epoch.
    """

    rows: dict[str, Row] = field(default_factory=dict)
    second: int = 0


def read_manifest(file: Path) -> Manifest:
    """What was written last; an empty one where there is none that can be used, and everything is put there anew."""
    try:
        document: Any = json.loads(file.read_bytes())
        version, second, rows = document["version"], int(document["second"]), document["rows"]
        if version != _VERSION:
            return Manifest()
        made = {path: Row(tuple(source), digest, tuple(stands)) for path, (source, digest, stands) in rows.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Manifest()
    return Manifest(made, second)


def write_manifest(file: Path, manifest: Manifest) -> None:
    """Put it in the place of the old one. Raises OSError."""
    rows = {path: (row.source, row.digest, row.stands) for path, row in manifest.rows.items()}
    text = json.dumps({"version": _VERSION, "second": manifest.second, "rows": rows}, separators=(",", ":"))
    temporary = file.with_name(f"{file.name}.tmp")
    temporary.write_text(text, encoding="utf-8", errors="surrogateescape")
    os.replace(temporary, file)  # noqa: PTH105 - of two paths
