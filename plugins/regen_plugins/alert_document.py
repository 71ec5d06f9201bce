"""An alert as the JSON document that commands and addresses get."""

from __future__ import annotations

import json
from dataclasses import asdict

from regen.model.alert import Alert


def document(alert: Alert) -> bytes:
    """The document, on one line."""
    return json.dumps({**asdict(alert), "text": str(alert)}, ensure_ascii=False, sort_keys=True).encode() + b"\n"
