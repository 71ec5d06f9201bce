"""Memory: what a watch knows of its probes lies in `.regen/health.json`, for its next start and for `regen health`.

Why no table: it is written with every reading, by the thread that asks, while a cycle may hold the database for long;
and it may be lost at any time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from regen.health.own import Alive
from regen.health.streak import Remembered
from regen.model.probe import Reading

NAME = "health.json"
SERVED = "served.json"
_KEPT = 200  # times in which a watch, or the interface, ran


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered.

    Attributes:
        probes: by name.
        alive: when a watch ran, the oldest first.
    """

    probes: Mapping[str, Remembered] = field(default_factory=dict)
    alive: tuple[Alive, ...] = ()


def read_memory(folder: Path) -> Memory:
    """What lies in `.regen`; nothing where there is no sense in it."""
    try:
        data = json.loads((folder / NAME).read_bytes())
        probes = {name: _remembered(one) for name, one in data["probes"].items()}
        return Memory(probes, tuple(Alive(*times) for times in data["alive"]))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Memory()


def _remembered(data: dict[str, Any]) -> Remembered:
    readings = tuple(Reading(**reading) for reading in data["readings"])
    return Remembered(data["release"], bool(data["failed_before"]), data["standing"], readings)


def write_memory(folder: Path, memory: Memory) -> None:
    """Put it there, whole or not at all; where the disk says no, it is lost, and no more."""
    data = {
        "probes": {name: asdict(one) for name, one in sorted(memory.probes.items())},
        "alive": [[one.since, one.until, one.stopped] for one in memory.alive[-_KEPT:]],
    }
    _write(folder, NAME, data)


def read_served(folder: Path) -> tuple[Alive, ...]:
    """When the interface was there, the oldest first; nothing where there is no sense in what lies in `.regen`."""
    try:
        return tuple(Alive(*times) for times in json.loads((folder / SERVED).read_bytes())["alive"])
    except (OSError, ValueError, TypeError, KeyError):
        return ()


def write_served(folder: Path, alive: Sequence[Alive]) -> None:
    """Put it there, whole or not at all; where the disk says no, it is lost, and no more."""
    _write(folder, SERVED, {"alive": [[one.since, one.until, one.stopped] for one in alive[-_KEPT:]]})


def _write(folder: Path, name: str, data: object) -> None:
    place, new = folder / name, folder / f"{name}.new"
    with suppress(OSError):
        new.write_text(json.dumps(data, ensure_ascii=True), encoding="ascii")
        new.replace(place)
