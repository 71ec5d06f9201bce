"""Alerts: what a person has to hear of, once, and once more when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from typing import Literal as OneOf

from regen.model.event import Payload, payload

Severity = OneOf["warning", "critical"]


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that is not as it should be, or is again.

    Attributes:
        key: the same for what is the same, such as "dev/web".
        message: what it is, in one or two sentences.
        at: seconds since the epoch, UTC.
        since: when it was first told of; `at` for a new one.
        count: how often it was found since.
        recovered: whether it is over.
    """

    key: str
    environment: str
    severity: Severity
    message: str
    at: float
    since: float
    count: int = 1
    recovered: bool = False

    def __str__(self) -> str:
        return f"{'recovered' if self.recovered else self.severity}: {self.environment}: {self.message}"


@dataclass(frozen=True, slots=True)
class _AlertPayload(Payload):
    """An alert."""

    about_field: ClassVar[str | None] = "environment"
    environment: str
    key: str
    severity: str
    message: str


@payload("monitoring.alert")
@dataclass(frozen=True, slots=True)
class MonitoringAlert(_AlertPayload):
    """Something is not as it should be; `severity` is "warning" or "critical"."""


@payload("monitoring.recovery")
@dataclass(frozen=True, slots=True)
class MonitoringRecovery(_AlertPayload):
    """What an alert told of is over."""
