"""Entry: runs a command and turns what it raises into one message and an exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

from regen.errors import ExitCode, RegenError, StateError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `regen`.

    Args:
        arguments: without the program's name; `sys.argv` where None.

    Raises:
        SystemExit: always, with one of the codes of `regen.errors.ExitCode`.
    """
    sys.exit(run(sys.argv[1:] if arguments is None else list(arguments)))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; messages go to standard error."""
    from regen.cli.app import dispatch

    try:
        return int(dispatch(arguments))
    except RegenError as error:
        from regen.cli import show

        show.error(error)
        return int(error.exit_code)
    except KeyboardInterrupt:
        print("interrupted; nothing is half done", file=sys.stderr)  # noqa: T201 - the command line is the printer
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe has enough: no message, and no second one when Python flushes at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.DONE)
    except OSError as error:
        from regen.cli import show

        message = f"the system says no: {error.strerror or error}"
        show.error(
            StateError(message, where=error.filename, hint="free some space or mend the permissions; run it again")
        )
        return int(ExitCode.STATE)
