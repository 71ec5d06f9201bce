"""Alert: the command of `[alerts] run` reads each alert as JSON on its standard input."""

from __future__ import annotations

from pathlib import Path

from regen.errors import PluginError
from regen.hooks import hookimpl
from regen.model.alert import Alert
from regen_plugins.alert_document import Channel, document

_MOST = 64_000  # bytes of what the command says


class AlertCommand(Channel):
    """Runs a command for each alert."""

    @hookimpl
    async def regen_alert(self, alert: Alert) -> None:
        """Run it; variables of the environment hold the main things, for commands that read no JSON."""
        settings = self._settings
        if not settings.run:
            return
        from regen.commands import run_beside

        severity = "recovered" if alert.recovered else alert.severity
        variables = {"REGEN_ALERT": severity, "REGEN_ENVIRONMENT": alert.environment, "REGEN_MESSAGE": alert.message}
        hint = "look at `run` of [alerts]"
        try:
            ran = await run_beside(
                settings.run,
                folder=Path(settings.folder),
                variables=variables,
                timeout_s=settings.timeout_s,
                most=_MOST,
                given=document(alert),
            )
        except OSError as error:
            raise PluginError(
                f"the alert command {settings.run[0]} cannot be run: {error.strerror}", hint=hint
            ) from error
        if ran.code != 0:
            how = f"did not end in {settings.timeout_s:g} s" if ran.code is None else f"ended with {ran.code}"
            raise PluginError(f"the alert command {settings.run[0]} {how}: {ran.last_line}".rstrip(": "), hint=hint)
