"""Alert: each goes to the log `regen.alert`, which is standard error unless the host program says otherwise."""

from __future__ import annotations

import logging

from regen.hooks import hookimpl
from regen.model.alert import Alert

_LOG = logging.getLogger("regen.alert")
_LEVELS = {"warning": logging.WARNING, "critical": logging.CRITICAL}


@hookimpl
def regen_alert(alert: Alert) -> None:
    """Log it; that it is over is logged as a warning too, so that whoever saw the one sees the other."""
    _LOG.log(logging.WARNING if alert.recovered else _LEVELS[alert.severity], "%s", alert)
