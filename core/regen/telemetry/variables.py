"""Variables: what the standard `OTEL_*` variables of the environment ask for, one signal at a time.

What is asked for and cannot be done is one warning, given once a process.
"""

from __future__ import annotations

import logging
import os
from typing import Final
from typing import Literal as OneOf

Signal = OneOf["traces", "metrics"]

SPOKEN: Final = "http/protobuf"
_ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
_LOG = logging.getLogger("regen.telemetry")
_warned: set[str] = set()


def asked_for(signal: Signal) -> bool:
    """Whether the variables name a place to send a signal to, in a protocol that regen speaks."""
    if disabled():
        return False
    variable = f"OTEL_{signal.upper()}_EXPORTER"
    named = {name.strip().lower() for name in os.environ.get(variable, "").split(",")} - {""}
    others = sorted(named - {"otlp", "none"})
    if others:
        page = "; for Prometheus there is the page /metrics of `regen serve`" if "prometheus" in others else ""
        warn(f"{variable} names {', '.join(others)}; regen has only otlp{page}")
    if "otlp" not in named and (named or not any(os.environ.get(name) for name in _endpoints(signal))):
        return False
    names = (f"OTEL_EXPORTER_OTLP_{signal.upper()}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    protocol = next((name for name in names if os.environ.get(name, "").strip()), None)
    if protocol is not None and os.environ[protocol].strip().lower() != SPOKEN:
        what = "nothing" if protocol == names[1] else f"no {signal}"
        warn(f"{protocol} is {os.environ[protocol]}; regen speaks {SPOKEN} only, and sends {what}")
        return False
    return True


def disabled() -> bool:
    """Whether the SDK is not to be used for anything that leaves this process."""
    return os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"


def endpoint(signal: Signal) -> str:
    """Where a signal is sent to."""
    return next((os.environ[name] for name in _endpoints(signal) if os.environ.get(name)), "http://localhost:4318")


def refused(signal: Signal) -> None:
    """Say, once for each collector, that it does not take what is sent."""
    warn(f"the collector at {endpoint(signal)} does not take what is sent; cycles go on without it")


def warn(text: str) -> None:
    """Log one line, once a process; without a logging configuration it goes to standard error."""
    if text not in _warned:
        _warned.add(text)
        _LOG.warning("warning: %s", text)


def _endpoints(signal: Signal) -> tuple[str, str]:
    return f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT", _ENDPOINT
