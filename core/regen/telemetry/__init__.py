"""Telemetry: one trace a cycle, over the OpenTelemetry API; the SDK is loaded only when an exporter is configured."""

from __future__ import annotations

from regen.telemetry.carried import carried
from regen.telemetry.export import exporting, start, stop
from regen.telemetry.spans import Cycle, Part, Trigger, around, burst, cycle, part, stage
from regen.telemetry.tally import Calls, hook, tally
from regen.telemetry.timed import Timed, record

__all__ = [
    "Calls",
    "Cycle",
    "Part",
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
    "stage",
    "start",
    "stop",
    "tally",
]
