"""Logs: every record of `regen.*` knows the trace and the span that it belongs to, as text or as JSON.

Why not the SDK's own log handler: logs go where a program's other logs go, and collectors read them there; with the
trace in each line they need nothing else.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from typing import TextIO

from regen.carried import headers
from regen.errors import UsageError

VARIABLE = "REGEN_LOG"
_FORMS = ("text", "json")
_LEVELS = ("debug", "info", "warning", "error")


class TraceFilter(logging.Filter):
    """Gives each record `trace_id` and `span_id`, in hex digits; "" where there is no trace. Keeps all of them.

    For handlers of programs that use the library: `handler.addFilter(TraceFilter())`.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Add both."""
        record.trace_id, record.span_id = _here()
        return True


class TextFormatter(logging.Formatter):
    """`2026-11-27T21:00:00.123Z INFO regen.cycle: message trace_id=… span_id=…`, the trace where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and those of an exception."""
        trace_id, span_id = _of(record)
        trace = f" trace_id={trace_id} span_id={span_id}" if trace_id else ""
        text = f"{_time(record)} {record.levelname} {record.name}: {record.getMessage()}{trace}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message; trace_id and span_id where there is a trace."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        said = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        trace_id, span_id = _of(record)
        if trace_id:
            said |= {"trace_id": trace_id, "span_id": span_id}
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


def configure(stream: TextIO | None = None) -> None:
    """Log as `REGEN_LOG` says: `text` or `json`, `text:debug` or the like for another level than info.

    Without it Python prints warnings on standard error as they are, with nothing before them.

    Args:
        stream: where to; None: standard error.

    Raises:
        UsageError: the variable cannot be meant.
    """
    said = os.environ.get(VARIABLE, "").strip().lower()
    if not said:
        return
    form, _, level = said.partition(":")
    if form not in _FORMS or (level or "info") not in _LEVELS:
        raise UsageError(
            f"{VARIABLE} cannot be {said!r}",
            hint=f"write {' or '.join(_FORMS)}; a level may follow, such as `json:debug`: {', '.join(_LEVELS)}",
        )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.addFilter(TraceFilter())
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    logger = logging.getLogger("regen")
    logger.handlers = [one for one in logger.handlers if not isinstance(one.formatter, TextFormatter | JsonFormatter)]
    logger.addHandler(handler)
    logger.setLevel((level or "info").upper())


def _here() -> tuple[str, str]:
    """Of the current span, or of the trace that one works for, as a worker does."""
    parts = headers().get("traceparent", "").split("-")
    return (parts[1], parts[2]) if len(parts) == 4 else ("", "")


def _of(record: logging.LogRecord) -> tuple[str, str]:
    return getattr(record, "trace_id", ""), getattr(record, "span_id", "")


def _time(record: logging.LogRecord) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03}Z"
