"""Guest: a watch runs a command for another process; its output, errors and exit code are those that it has alone."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from regen import telemetry
from regen.cli import terminal
from regen.cli.main import told
from regen.cli.parsing import parsed
from regen.cli.running import LENT
from regen.errors import ExitCode, UsageError
from regen.state.audit import on_behalf

if TYPE_CHECKING:
    from regen.holder import Post, Request
    from regen.project.served import Lend


async def run(lend: Lend, request: Request, post: Post) -> int:
    """Run a command on the project that this process holds.

    Args:
        lend: opens the project.
        request: the command, and where it was typed.
        post: sends what is printed.

    Returns:
        The exit code. A fault of regen itself is told where the command was typed, and the watch goes on.
    """
    token = LENT.set(partial(lend, request.folder))
    try:
        with (
            terminal.elsewhere(request.terminal, post, request.folder),
            _logged(),
            telemetry.around(request.terminal),
            on_behalf(request.terminal.get("SUDO_USER")),
        ):
            try:
                return await _run(request)
            except Exception as error:  # noqa: BLE001 - the watch is another person's work, and must not end by this
                code = told(error)
                if code is not None:
                    return code
                terminal.stream("err").write(traceback.format_exc())
                return ExitCode.CHECK_FAILED
    finally:
        LENT.reset(token)


class _Messages(logging.Handler):
    """Warnings of plugins go where the command prints, as Python prints those that nobody handles."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one."""
        terminal.stream("err").write(f"{self.format(record)}\n")


@contextmanager
def _logged() -> Iterator[None]:
    logger, handler = logging.getLogger("regen"), _Messages(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


async def _run(request: Request) -> int:
    command, values = parsed(request.arguments)
    if command is None or not command.beside:
        raise UsageError(f"a watch does not run `regen {' '.join(request.arguments)}` for others")
    work = command.load()(**values)
    return int(work if isinstance(work, int) else await work())
