"""Telemetry: one trace a cycle, over the OpenTelemetry API; the SDK is loaded only when an exporter is configured."""

from __future__ import annotations

from regen.telemetry.carried import carried
from regen.telemetry.export import exporting, start, stop
from regen.telemetry.observers import CycleBegan, CycleEnded, Happening, StageBegan, StageEnded, tell, watching
from regen.telemetry.running import Cycle, Part, Trigger
from regen.telemetry.spans import around, burst, cycle, part, running_cycle, stage
from regen.telemetry.tally import Calls, hook, tally
from regen.telemetry.timed import Timed, record

__all__ = [
    "Calls",
    "Cycle",
    "CycleBegan",
    "CycleEnded",
    "Happening",
    "Part",
    "StageBegan",
    "StageEnded",
    "Timed",
    "Trigger",
    "around",
    "burst",
    "carried",
    "cycle",
    "exporting",
    "hook",
    "part",
    "record",
    "running_cycle",
    "stage",
    "start",
    "stop",
    "tally",
    "tell",
    "watching",
]
