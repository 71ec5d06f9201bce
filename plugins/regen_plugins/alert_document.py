"""What plugins that tell alerts on share: their settings, and the JSON document that commands and addresses get."""

from __future__ import annotations

import json
from dataclasses import asdict

from regen.hooks import hookimpl
from regen.model.alert import Alert
from regen.model.settings import AlertSettings, PluginSettings


class Channel:
    """A plugin that tells alerts on, as `[alerts]` says."""

    def __init__(self) -> None:
        self._settings = AlertSettings()

    @hookimpl
    def regen_configure(self, settings: PluginSettings) -> None:
        """Take the settings of `[alerts]`."""
        self._settings = settings.alerts


def document(alert: Alert) -> bytes:
    """The document, on one line."""
    return json.dumps({**asdict(alert), "text": str(alert)}, ensure_ascii=False, sort_keys=True).encode() + b"\n"
