"""Telemetry: one trace a cycle, and metrics, over the OpenTelemetry API.

The SDK is loaded only where an exporter is configured, and where metrics are read in the process.
"""

from __future__ import annotations

from regen.carried import around
from regen.telemetry.export import exporting, start, stop
from regen.telemetry.metering import measuring, stands
from regen.telemetry.observers import (
    CycleBegan,
    CycleEnded,
    Happening,
    Measured,
    StageBegan,
    StageEnded,
    tell,
    watching,
)
from regen.telemetry.running import Cycle, Part, Trigger
from regen.telemetry.spans import after, beside, burst, cycle, here, part, running_cycle, stage
from regen.telemetry.tally import Calls, hook, tally
from regen.telemetry.timed import Timed, record

__all__ = [
    "Calls",
    "Cycle",
    "CycleBegan",
    "CycleEnded",
    "Happening",
    "Measured",
    "Part",
    "StageBegan",
    "StageEnded",
    "Timed",
    "Trigger",
    "after",
    "around",
    "beside",
    "burst",
    "cycle",
    "exporting",
    "here",
    "hook",
    "measuring",
    "part",
    "record",
    "running_cycle",
    "stage",
    "stands",
    "start",
    "stop",
    "tally",
    "tell",
    "watching",
]
