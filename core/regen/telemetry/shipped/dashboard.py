"""Dashboard: the board of Grafana, over the instruments themselves, so that it needs no rules."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from regen.model.objective import OBJECTIVES, Objective
from regen.telemetry.shipped.board import ROWS
from regen.telemetry.shipped.figures import filled
from regen.telemetry.shipped.panels import Panel, Query
from regen.telemetry.shipped.targets import objective_panels

SCHEMA: Final = 39
"""Of a dashboard's JSON, as Grafana 10.4 writes it; later ones bring it up to theirs when they load it."""
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_WHERE = 'job=~"$job", instance=~"$instance"'
_COLUMNS = 24  # of Grafana's grid


def dashboard(objectives: Iterable[Objective] = OBJECTIVES) -> str:
    """The dashboard, as the JSON that Grafana imports.

    Args:
        objectives: what is promised: lines and colours stand at their bounds.
    """
    rows = (*ROWS, ("Objectives", objective_panels(tuple(objectives))))
    board = {
        "uid": "regen",
        "title": "regen",
        "description": "Generated code as a view of a knowledge graph: cycles, merging, releases, objectives.",
        "tags": ["regen"],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": "10s",
        "time": {"from": "now-6h", "to": "now"},
        "annotations": {"list": [_releases()]},
        "links": [],
        "templating": {"list": _variables()},
        "panels": _placed(rows),
    }
    return json.dumps(board, indent=2, ensure_ascii=False) + "\n"


def _variables() -> list[dict[str, Any]]:
    source = {"type": "datasource", "name": "datasource", "label": "Prometheus", "query": "prometheus", "hide": 0}
    return [source, _labels("job", "regen_build_info"), _labels("instance", 'regen_build_info{job=~"$job"}')]


def _labels(name: str, series: str) -> dict[str, Any]:
    query = f"label_values({series}, {name})"
    return {
        "type": "query",
        "name": name,
        "label": name,
        "datasource": _SOURCE,
        "definition": query,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".+",
        "current": {"text": ["All"], "value": ["$__all"]},
        "hide": 0,
    }


def _releases() -> dict[str, Any]:
    """A line at each release."""
    return {
        "name": "releases",
        "datasource": _SOURCE,
        "enable": True,
        "iconColor": "green",
        "expr": f"changes(regen_release{{{_WHERE}}}[1m]) > 0",
        "titleFormat": "release in {{regen_environment}}",
    }


def _placed(rows: Iterable[tuple[str, tuple[Panel, ...]]]) -> list[dict[str, Any]]:
    """Panels from left to right, and rows below each other."""
    placed: list[dict[str, Any]] = []
    y = 0
    for title, panels in rows:
        place = {"x": 0, "y": y, "w": _COLUMNS, "h": 1}
        placed.append(
            {"id": len(placed) + 1, "type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": place}
        )
        y, x, lowest = y + 1, 0, 0
        for panel in panels:
            if x + panel.width > _COLUMNS:
                x, y, lowest = 0, y + lowest, 0
            placed.append(_panel(len(placed) + 1, panel, {"x": x, "y": y, "w": panel.width, "h": panel.height}))
            x, lowest = x + panel.width, max(lowest, panel.height)
        y += lowest
    return placed


def _panel(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.means,
        "datasource": _SOURCE,
        "gridPos": place,
        "targets": [_target(index, query, panel) for index, query in enumerate(panel.queries)],
        "fieldConfig": {"defaults": panel.defaults(), "overrides": []},
        "options": panel.options(),
    }


def _target(index: int, query: Query, panel: Panel) -> dict[str, Any]:
    return {
        "refId": chr(ord("A") + index),
        "datasource": _SOURCE,
        "expr": filled(query.expr, query.window, _WHERE),
        "legendFormat": query.legend,
        "exemplar": query.exemplars,
        "instant": panel.kind in {"stat", "bargauge"},
        "range": panel.kind not in {"stat", "bargauge"},
        "format": "heatmap" if panel.kind == "heatmap" else "time_series",
    }
