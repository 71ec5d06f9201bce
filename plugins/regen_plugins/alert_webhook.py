"""Alert: each is posted as JSON to the address of `[alerts] url`."""

from __future__ import annotations

from functools import partial

import anyio.to_thread

from regen.errors import PluginError
from regen.hooks import hookimpl
from regen.model.alert import Alert
from regen_plugins.alert_document import Channel, document


class AlertWebhook(Channel):
    """Posts each alert."""

    @hookimpl
    async def regen_alert(self, alert: Alert) -> None:
        """Post it; an answer of 300 and more is a failure."""
        url = self._settings.url
        if url is None:
            return
        from regen.web import Unanswered, ask

        headers = {"Content-Type": "application/json"}
        call = partial(ask, url, timeout_s=self._settings.timeout_s, most=0, data=document(alert), headers=headers)
        hint = "look at `url` of [alerts]"
        try:
            answer = await anyio.to_thread.run_sync(call, abandon_on_cancel=True)
        except Unanswered as error:
            raise PluginError(f"the alert address did not take an alert: {error}", hint=hint) from None
        if answer.status >= 300:
            raise PluginError(f"the alert address answered {answer.status} {answer.reason}", hint=hint)
