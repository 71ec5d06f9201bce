"""Shipped: what Grafana and Prometheus show and watch of regen, made from the instruments and from the objectives."""

from __future__ import annotations

from regen.telemetry.shipped.dashboard import dashboard
from regen.telemetry.shipped.rules import rules

__all__ = ["dashboard", "rules"]
