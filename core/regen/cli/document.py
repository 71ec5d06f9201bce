"""One JSON document on standard output, for programs."""

from __future__ import annotations

import json

from regen.cli import show
from regen.model.spelling import spell


def write(value: object) -> None:
    """Print one JSON document to standard output."""
    show.plain(json.dumps(spell(value), ensure_ascii=False, indent=2) + "\n")


def line(value: object) -> None:
    """Print one JSON document on one line, for streams."""
    show.plain(json.dumps(spell(value), ensure_ascii=False, separators=(",", ":")) + "\n", flush=True)
