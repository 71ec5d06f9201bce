"""Alert: each goes to every channel that `[alerts] channels` names, through Apprise (the extra `alerts`).

Why variables: an address of a channel holds its password, and a configuration lies in a repository.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import anyio
import anyio.to_thread

from regen.errors import PluginError
from regen.hooks import hookimpl
from regen.model.alert import Alert
from regen_plugins.alert_document import Channel

_HINT = "look at `channels` of [alerts]"
_TALKERS: Final = ("apprise", "urllib3.connectionpool")


class AlertApprise(Channel):
    """Sends each alert on."""

    @hookimpl
    async def regen_alert(self, alert: Alert) -> None:
        """Send it to all of them, even where one does not take it; no address is in any message."""
        names = self._settings.channels
        if not names:
            return
        failed: dict[str, str] = {}
        async with anyio.create_task_group() as group:
            for name in names:
                group.start_soon(self._send, name, alert, failed)
        if failed:
            raise PluginError("; ".join(f"the channel of {name} {failed[name]}" for name in sorted(failed)), hint=_HINT)

    async def _send(self, name: str, alert: Alert, failed: dict[str, str]) -> None:
        address = os.environ.get(name, "").strip()
        if not address:
            failed[name] = "has no address: the variable is not set"
            return
        with anyio.move_on_after(self._settings.timeout_s) as limit:
            why = await anyio.to_thread.run_sync(_sent, address, alert, abandon_on_cancel=True)
            if why is not None:
                failed[name] = why
        if limit.cancelled_caught:
            failed[name] = f"did not take an alert in {self._settings.timeout_s:g} s"


def _sent(address: str, alert: Alert) -> str | None:
    """Send it, in a thread; gives what went wrong, in words."""
    try:
        import apprise
    except ImportError:
        return "needs a package that is not installed: `pip install 'regen[alerts]'`"
    with _hushed():
        sender = apprise.Apprise()
        if not sender.add(address):
            return "has an address that Apprise does not know"
        kind = "success" if alert.recovered else "failure" if alert.severity == "critical" else "warning"
        title = f"regen: {'recovered' if alert.recovered else alert.severity}: {alert.environment}"
        return None if sender.notify(body=alert.message, title=title, notify_type=kind) else "did not take an alert"


@contextmanager
def _hushed() -> Iterator[None]:
    """Apprise logs whole addresses that it cannot read, and urllib3 paths that hold tokens: not while one is used."""
    hush = _Hush()  # one for each that is sent: the end of one gives no word back to another
    for name in _TALKERS:
        logging.getLogger(name).addFilter(hush)
    try:
        yield
    finally:
        for name in _TALKERS:
            logging.getLogger(name).removeFilter(hush)


class _Hush(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return False
