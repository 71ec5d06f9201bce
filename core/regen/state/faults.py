"""Fault points: named moments at which a test kills, stops or starves the process.

`REGEN_FAULT` is read once, when the process starts; only tests set it. It holds `<action>@<where>`, or several
with commas between. The action is `kill` (SIGKILL), `stop` (SIGSTOP), `interrupt` (KeyboardInterrupt), or the name of
an errno such as `ENOSPC`, which is raised as OSError; `<where>` is a number (the n-th point that is passed, from 1), a
point's name, `name#n` (its n-th passing), or `name*` (every passing of it). Where the variable is unset, a point costs
one call of a function.
"""

from __future__ import annotations

import errno
import os
import signal

ENVIRONMENT_VARIABLE = "REGEN_FAULT"


class _Fault:
    """Counts the points that are meant, and acts at one of them, or at all."""

    def __init__(self, spec: str) -> None:
        self._action, _, where = spec.partition("@")
        name, _, nth = where.partition("#")
        self._always = name.endswith("*")
        self._name = None if where.isdigit() else name.rstrip("*")
        self._left = int(where) if where.isdigit() else int(nth or 1)

    def pass_point(self, name: str) -> None:
        if self._name not in (None, name):
            return
        self._left -= 1
        if self._left and not self._always:
            return
        match self._action:
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "stop":
                os.kill(os.getpid(), signal.SIGSTOP)
            case "interrupt":
                raise KeyboardInterrupt
            case code:
                number = getattr(errno, code)
                raise OSError(number, os.strerror(number), name)


class _Armed:
    """Faults, and the points that were passed."""

    def __init__(self, spec: str) -> None:
        self._faults = [_Fault(part) for part in spec.split(",")]
        self.passed: list[str] = []

    def pass_point(self, name: str) -> None:
        self.passed.append(name)
        for fault in self._faults:
            fault.pass_point(name)


_armed: _Armed | None = None


def point(name: str) -> None:
    """Pass the point `name`; nothing happens unless a test armed it."""
    if _armed is not None:
        _armed.pass_point(name)


def arm(spec: str | None) -> None:
    """Arm as `REGEN_FAULT` would, for a test in the process or in a fork of it; None disarms."""
    global _armed  # noqa: PLW0603 - one process, one fault
    _armed = _Armed(spec) if spec else None


def passed() -> tuple[str, ...]:
    """Names of the points that were passed since `arm`, in order."""
    return tuple(_armed.passed) if _armed is not None else ()


arm(os.environ.get(ENVIRONMENT_VARIABLE))
