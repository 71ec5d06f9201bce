"""Start-up: `regen --help`, and an `apply` that has nothing to do."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.conftest import report
from bench.test_full import seconds

ROUNDS = 9


@pytest.mark.long
def test_start(project: Callable[..., Path]) -> None:
    folder = project()
    regen = [sys.executable, "-m", "regen"]
    seconds([*regen, "-C", str(folder), "apply"])
    time.sleep(2.5)  # files younger than two seconds are read again: their clock may not have ticked
    seconds([*regen, "-C", str(folder), "apply"])
    empty = [seconds([sys.executable, "-c", "pass"]) for _ in range(ROUNDS)]
    helps = [seconds([*regen, "--help"]) for _ in range(ROUNDS)]
    idle = [seconds([*regen, "-C", str(folder), "apply"]) for _ in range(ROUNDS)]
    report(
        "start-up, whole process",
        [
            ("python -c pass, median", f"{statistics.median(empty) * 1000:.0f} ms"),
            ("regen --help, median", f"{statistics.median(helps) * 1000:.0f} ms"),
            (
                "regen apply with nothing to do, schema.org 30.0, six packs, median",
                f"{statistics.median(idle) * 1000:.0f} ms",
            ),
        ],
    )
