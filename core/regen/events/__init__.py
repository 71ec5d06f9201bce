"""Bus: one typed bus for every event; `GraphChangeNotifier` is its front door."""

from __future__ import annotations

from regen.events.notifier import GraphChangeNotifier, History, Intake, Position
from regen.events.subscription import Filter, OverflowPolicy, SlowSubscriberError, Subscription

__all__ = [
    "Filter",
    "GraphChangeNotifier",
    "History",
    "Intake",
    "OverflowPolicy",
    "Position",
    "SlowSubscriberError",
    "Subscription",
]
