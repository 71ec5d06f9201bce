"""Assembled: the application of one project, with those who guard it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from regen.serve.app import application, told
from regen.serve.caller import Gate
from regen.serve.desk import Desk
from regen.serve.front import Front
from regen.serve.measuring import Counted
from regen.serve.sessions import Sessions

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def assembled(desk: Desk, *, open_reading: bool) -> ASGIApp:
    """The application of a project.

    Args:
        open_reading: whether reading needs no token.
    """
    gate = Gate(desk.tokens, Sessions(), lambda: open_reading, lambda *told: None)
    return Counted(application(desk, gate, partial(Front, told=told, names=desk.config.serve.hosts)))
