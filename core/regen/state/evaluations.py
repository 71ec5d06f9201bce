"""Evaluations: what gates said of each release before it was made."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from regen.model.evaluated import Evaluated, Figure
from regen.model.finding import Finding
from regen.state.db import Database

_OUTPUT = 4_000  # characters of a command's output that stay with a release


def write(db: Database, environment: str, number: int, results: Sequence[Evaluated]) -> None:
    """Keep what gates said of a release; inside the transaction that makes it."""
    db.execute(
        "INSERT OR REPLACE INTO evaluation (environment, release, results) VALUES (?, ?, ?)",
        (environment, number, json.dumps([_row(result) for result in results], ensure_ascii=False)),
    )


def of_release(db: Database, environment: str, number: int) -> tuple[Evaluated, ...]:
    """What gates said of a release, by their names; none where it was made without any, or is a rollback."""
    row = db.one("SELECT results FROM evaluation WHERE environment = ? AND release = ?", (environment, number))
    return tuple(_result(value) for value in json.loads(row[0])) if row is not None else ()


def figures(db: Database, environment: str, number: int) -> dict[str, Figure]:
    """What gates measured of a release: those of commands by name, and each gate's own as "gate.name" too."""
    found: dict[str, Figure] = {}
    for result in of_release(db, environment, number):
        for figure in result.figures:
            found[f"{result.gate}.{figure.name}"] = figure
            found.setdefault(figure.name, figure)
    return found


def _row(result: Evaluated) -> dict[str, Any]:
    row = {**dataclasses.asdict(result), "output": result.output[-_OUTPUT:]}
    empty = {field.name: field.default for field in dataclasses.fields(Evaluated)}
    return {name: value for name, value in row.items() if value != empty[name]}


def _result(row: dict[str, Any]) -> Evaluated:
    findings = tuple(Finding(**finding) for finding in row.pop("findings", ()))
    measured = tuple(Figure(**figure) for figure in row.pop("figures", ()))
    return Evaluated(**row, findings=findings, figures=measured)
