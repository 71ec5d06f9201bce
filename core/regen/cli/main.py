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
    from regen.cli.parsing import dispatch, failure

    failed = failure(arguments)
    try:
        if "REGEN_LOG" in os.environ:
            from regen.telemetry import logs

            logs.configure()
        return int(dispatch(arguments))
    except KeyboardInterrupt:
        print("interrupted; nothing is half done", file=sys.stderr)  # noqa: T201 - the command line is the printer
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe has enough: no message, and no second one when Python flushes at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.DONE)
    except (RegenError, OSError) as error:
        code = told(error) or ExitCode.STATE
        return int(code if failed is None else failed)
    except Exception:
        if failed is None:
            raise
        import traceback

        traceback.print_exc()
        return failed


def told(error: Exception) -> ExitCode | None:
    """Print what a person has to know of an error, and give its exit code; None for a fault of regen itself."""
    from regen.cli import show

    match error:
        case RegenError():
            show.error(error)
            return error.exit_code
        case OSError():
            message = f"the system says no: {error.strerror or error}"
            hint = "free some space or mend the permissions; run it again"
            show.error(StateError(message, where=error.filename, hint=hint))
            return ExitCode.STATE
        case _:
            return None
