"""Commands around a deployment: what the user wants to run before it, after it, or to ask whether it is well."""

from __future__ import annotations

import os
import shlex
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from regen.commands import run
from regen.errors import DeployError

MOST = 65_536
"""Bytes of output that are kept of a command; one may print without end."""

_LINES = 40  # of the output that an error shows
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def variables(environment: str, release: int, tree: Path) -> dict[str, str]:
    """What commands are told.

    Args:
        release: that is deployed, or restored.
        tree: the folder in which it is read.
    """
    return {
        "REGEN_ENVIRONMENT": environment,
        "REGEN_RELEASE": str(release),
        "REGEN_TREE": str(tree),
    }


def call(command: str, what: str, *, folder: Path, told: Mapping[str, str], timeout_s: float) -> None:
    """Run a command to its end, as words and without a shell; what it started ends with it, a limit or a signal.

    Args:
        command: as a person wrote it.
        what: it is, for messages: "`post` of prod".
        folder: that it works in.
        told: of the environment, beside this process's own.
        timeout_s: in seconds.

    Raises:
        DeployError: it cannot be started, failed, or took too long; with the end of what it printed.
        KeyboardInterrupt: a signal ended it.
    """
    try:
        with _signalled() as stop:
            words = shlex.split(command)
            ran = run(words, folder=folder, variables=told, timeout_s=timeout_s, most=MOST, stop=stop, reaped=True)
    except OSError as error:
        raise DeployError(
            f"{what}: `{command}` cannot be run: {error.strerror}",
            hint="install it, or write its whole path; a line for a shell is written as `sh -c '…'`",
        ) from error
    if ran.code == 0:
        return
    how = f"took more than {timeout_s:g} s" if ran.code is None else f"ended with {_code(ran.code)}"
    raise DeployError(f"{what}: `{command}` {how}", hint=f"mend it, then run it again{_shown(ran.output, ran.cut)}")


def _code(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _shown(output: bytes, cut: int) -> str:
    lines = output.decode(errors="replace").splitlines()
    shown = [line for line in lines[-_LINES:] if line.strip()]
    if not shown:
        return "; it printed nothing"
    what = "it printed" if not cut and len(lines) <= _LINES else "the last that it printed"
    return f"; {what}:" + "".join(f"\n    {line[:500]}" for line in shown)


@contextmanager
def _signalled() -> Iterator[int | None]:
    """A descriptor that has something to read once a signal asks this process to stop; None outside the main thread.

    Raises KeyboardInterrupt at the end of the block where one came. An event loop hears of it, too, for it is woken up
    by a descriptor of its own.
    """
    if threading.current_thread() is not threading.main_thread():
        yield None
        return
    heard, told = os.pipe()
    came = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)
        os.write(told, b"!")

    before = {number: signal.signal(number, note) for number in _SIGNALS}
    try:
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(heard)
        os.close(told)
    if came:
        raise KeyboardInterrupt
