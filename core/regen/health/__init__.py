"""Health: probes are asked, their answers judged, and a release that fails them is told of."""

from __future__ import annotations

from regen.health.asking import ask
from regen.health.memory import Memory, read_memory, read_served, write_served
from regen.health.monitor import Monitor, Noticed
from regen.health.streak import Streak

__all__ = ["Memory", "Monitor", "Noticed", "Streak", "ask", "read_memory", "read_served", "write_served"]
