"""Measuring: requests are counted by route, gauges show the project that is served, and its cycles are counted here."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from regen import telemetry
from regen.carried import NAMES, around
from regen.config.objectives import objectives
from regen.errors import RegenError
from regen.orchestrator.metering import read_standing

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from regen.serve.answers import Answers
    from regen.serve.desk import Desk

_STREAM = b"text/event-stream"


@contextmanager
def measured(desk: Desk) -> Iterator[None]:
    """Measure while the context is open, whether or not a watch runs in this process."""
    telemetry.start(reading=True, objectives=objectives(desk.config))
    with telemetry.stands(partial(read_standing, desk.folder, partial(_environments, desk))):
        look_beside(desk)
        yield


def look_beside(desk: Desk) -> None:
    """Count the cycles of another process that ended since the last look; those of this one are counted already.

    A state that cannot be read now is looked at the next time.
    """
    with suppress(RegenError), desk.readers.read() as state:
        if state is not None:
            desk.beside.look(state.db, count=desk.project is None)


def _environments(desk: Desk) -> list[str]:
    """Names of those that are enabled; none while the configuration cannot be read."""
    try:
        return [one.name for one in desk.config.environments if one.enabled]
    except RegenError:
        return []


def _given(scope: Scope) -> dict[str, str]:
    """The trace that a request is part of: what is done for it, such as a rollback, goes on with it."""
    found = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return {name.upper(): found[name] for name in NAMES if name in found}


class Counted:
    """Counts the requests that an application answers.

    Args:
        app: the application; it says which route it chose, as Starlette does.
        answers: is told how long each answer took.
    """

    def __init__(self, app: ASGIApp, answers: Answers) -> None:
        self._app, self._answers = app, answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, and count what comes of it."""
        meters = telemetry.measuring()
        if scope["type"] != "http" or meters is None:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        with meters.asked(scope["method"]) as asked:

            async def noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    asked.status = message["status"]
                    asked.streams = any(value.startswith(_STREAM) for _, value in message.get("headers", ()))
                await send(message)

            try:
                with around(_given(scope)):
                    await self._app(scope, receive, noted)
            finally:
                asked.route = getattr(scope.get("route"), "path", "other")
                if not asked.streams:
                    self._answers.took(asked.route, time.perf_counter() - started)
