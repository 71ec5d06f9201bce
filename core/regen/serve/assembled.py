"""Assembled: the application of one project, with those who guard it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from regen.serve.app import application, told
from regen.serve.attempts import Attempts
from regen.serve.caller import Gate
from regen.serve.desk import Desk
from regen.serve.front import Front
from regen.serve.measuring import Counted

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def assembled(desk: Desk, *, open_reading: bool) -> ASGIApp:
    """The application of a project.

    Args:
        open_reading: whether looking needs no token.
    """
    attempts = Attempts(desk.folder, desk.limits)
    gate = Gate(desk.tokens, desk.sessions, desk.limits, attempts, open_reading=open_reading)
    desk.open_reading, desk.check_token = open_reading, gate.checked
    bounded = partial(gate.bounded, "requests")
    front = partial(
        Front, told=told, bounded=bounded, calm=desk.calm, refused=attempts.refused, names=desk.config.serve.hosts
    )
    return Counted(application(desk, gate, front), desk.answers)
