"""Projects to measure on: schema.org 30.0 with all packs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

PACKS = ("python", "typescript", "rust", "go", "sql", "markdown")


@pytest.fixture(scope="session")
def schemaorg() -> Path:
    """The real vocabulary that is measured on, one file of 1.1 MB."""
    place = os.environ.get("REGEN_TEST_DATA")
    if not place:
        pytest.skip("REGEN_TEST_DATA names no folder with `data/schemaorg`")
    return Path(place) / "data" / "schemaorg" / "30.0.ttl"


@pytest.fixture
def project(tmp_path: Path, schemaorg: Path) -> Callable[..., Path]:
    """Makes a project of schema.org and all packs."""

    def make(name: str = "project", *, workers: int | str = "auto", executor: str = "auto") -> Path:
        folder = tmp_path / name
        (folder / "graphs").mkdir(parents=True)
        shutil.copyfile(schemaorg, folder / "graphs" / "schemaorg.ttl")
        packs = ", ".join(f'"pack:{pack}"' for pack in PACKS)
        count = workers if isinstance(workers, int) else f'"{workers}"'
        (folder / "regen.toml").write_text(
            f'[project]\ntemplates = [{packs}]\n[engine]\ndebounce_ms = 0\nworkers = {count}\nexecutor = "{executor}"\n'
        )
        return folder

    return make


def report(title: str, rows: list[tuple[str, str]]) -> None:
    """Print figures as a small table; they go into bench/README.md by hand, with date and machine."""
    print(f"\n{title}")
    for name, value in rows:
        print(f"  {name:<58} {value}")
