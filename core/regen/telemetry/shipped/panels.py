"""Panels: one picture of the dashboard as a value, and what Grafana needs to draw it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from typing import Literal as OneOf

Kind = OneOf["stat", "timeseries", "bargauge", "heatmap"]


@dataclass(frozen=True, slots=True)
class Query:
    """One line of a panel.

    Attributes:
        expr: PromQL, with `$window` and `$where`, see `figures`.
        legend: such as "{{regen_stage}}".
        window: of rates.
        exemplars: whether traces are shown as points.
    """

    expr: str
    legend: str = ""
    window: str = "$__rate_interval"
    exemplars: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture.

    Attributes:
        means: what one sees there.
        unit: as Grafana names it: "s", "percentunit", "short", "ops".
        width, height: of the grid of 24 columns.
        steps: (from which value on, colour), rising; the first is of everything below.
        words: (value, text, colour) shown instead of numbers.
        stacked: whether its lines stand on each other.
        bars: whether they are bars.
        most: the end of the scale; None: as the values are.
    """

    title: str
    kind: Kind
    means: str
    queries: tuple[Query, ...]
    unit: str = "short"
    width: int = 8
    height: int = 8
    steps: tuple[tuple[float | None, str], ...] = ((None, "green"),)
    words: tuple[tuple[int, str, str], ...] = ()
    stacked: bool = False
    bars: bool = False
    most: float | None = None

    def defaults(self) -> dict[str, Any]:
        """Of its fields."""
        found: dict[str, Any] = {
            "unit": self.unit,
            "min": 0,
            "thresholds": {
                "mode": "absolute",
                "steps": [{"value": value, "color": color} for value, color in self.steps],
            },
            "mappings": self._mappings(),
        }
        if self.most is not None:
            found["max"] = self.most
        if self.kind == "timeseries":
            found["color"] = {"mode": "palette-classic"}
            found["custom"] = self._drawn()
        return found

    def options(self) -> dict[str, Any]:
        """Of the kind of picture."""
        last = {"calcs": ["lastNotNull"], "fields": "", "values": False}
        match self.kind:
            case "stat":
                return {"reduceOptions": last, "colorMode": "value", "graphMode": "none", "textMode": "auto"}
            case "bargauge":
                return {
                    "reduceOptions": last,
                    "orientation": "horizontal",
                    "displayMode": "basic",
                    "showUnfilled": True,
                }
            case "heatmap":
                return {
                    "calculate": False,
                    "cellGap": 1,
                    "color": {"mode": "scheme", "scheme": "Blues", "steps": 64},
                    "yAxis": {"unit": self.unit},
                    "exemplars": {"color": "rgba(255,0,255,0.7)"},
                    "tooltip": {"mode": "single", "yHistogram": True},
                    "legend": {"show": True},
                }
            case _:
                return {
                    "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
                    "tooltip": {"mode": "multi", "sort": "desc"},
                }

    def _drawn(self) -> dict[str, Any]:
        return {
            "drawStyle": "bars" if self.bars else "line",
            "lineWidth": 1,
            "fillOpacity": 60 if self.bars or self.stacked else 8,
            "showPoints": "auto",
            "spanNulls": True,
            "stacking": {"mode": "normal" if self.stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": "line" if len(self.steps) > 1 else "off"},
        }

    def _mappings(self) -> list[dict[str, Any]]:
        if not self.words:
            return []
        said = {
            str(value): {"text": text, "color": color, "index": i} for i, (value, text, color) in enumerate(self.words)
        }
        return [{"type": "value", "options": said}]
