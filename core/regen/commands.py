"""Commands: a program of the user's runs with a limit of time and of output, and leaves nothing running.

Why not the event loop's own processes: their `wait` waits for the pipe too on some releases of Python, and a program
that leaves a child behind keeps it open. Here the end is the program's own, and its whole process group ends with it.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio
import anyio.lowlevel
import anyio.to_thread

from regen.carried import carried

CANNOT_RUN = frozenset({126, 127})
"""Exit codes with which a shell says that there is no such command, or that it may not be run (POSIX, 2.8.2)."""

_PIECE = 65_536
_REAPER = str(Path(__file__).with_name("reaper.py"))
_REAPED_S = 5.0  # a reaper that was told to end kills everything first
_LINGER_S = 0.1  # what the program wrote last is in the pipe when it ends; a child of it may keep that open for ever


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended.

    Attributes:
        code: its exit code; negative: minus the signal that ended it; None: the time was over, or it was told to stop.
        output: what it wrote to standard output and standard error, its end where that is longer than the limit.
        cut: how many bytes it wrote before that.
        duration_s: in seconds.
    """

    code: int | None
    output: bytes
    cut: int
    duration_s: float

    @property
    def last_line(self) -> str:
        """The last line that says something; "" where there is none."""
        lines = (line.strip() for line in reversed(self.output.decode(errors="replace").splitlines()))
        return next((line for line in lines if line), "")


def run(
    argv: Sequence[str],
    *,
    folder: Path,
    variables: Mapping[str, str],
    timeout_s: float,
    most: int,
    given: bytes = b"",
    stop: int | None = None,
    reaped: bool = False,
) -> Ran:
    """Run a command to its end.

    Args:
        argv: the program and its arguments; no shell takes part.
        folder: that it works in.
        variables: of the environment, beside this process's own and those that carry the trace on.
        timeout_s: after which its process group is killed.
        most: bytes of output that are kept, the last ones; the others are read and dropped.
        given: what it reads on standard input.
        stop: a descriptor; when there is something to read from it the command is killed.
        reaped: whether processes that left its group are killed with it too; that takes one start of Python more.

    Raises:
        OSError: it cannot be started.
    """
    started = time.monotonic()
    with tempfile.TemporaryFile() as report:
        program = [sys.executable, "-IS", _REAPER, str(os.getpid()), str(report.fileno())] if reaped else []
        process = _started([*program, *argv], folder, variables, given, (report.fileno(),) if reaped else ())
        with process:
            try:
                ended, output = _followed(process, started + timeout_s, most, stop)
            finally:
                _killed(process, reaped=reaped)
        report.seek(0)
        if number := report.read():
            raise OSError(int(number), os.strerror(int(number)), argv[0])
    code = process.returncode if ended else None
    return Ran(code, bytes(output.kept), output.cut, time.monotonic() - started)


def _started(
    argv: Sequence[str], folder: Path, variables: Mapping[str, str], given: bytes, descriptors: tuple[int, ...]
) -> subprocess.Popen[bytes]:
    with tempfile.TemporaryFile() as source:  # a pipe could fill up, and hold this process
        source.write(given)
        source.seek(0)
        return subprocess.Popen(
            argv,
            cwd=folder,
            env={**os.environ, **carried(), **variables},
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=descriptors,
        )


def _killed(process: subprocess.Popen[bytes], *, reaped: bool) -> None:
    """Kill the group, before it is waited for, so that the number is still its own; a reaper kills the rest first."""
    if reaped:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_REAPED_S)
            return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


class _Output:
    """What came out of a pipe."""

    def __init__(self, pipe: int, most: int) -> None:
        os.set_blocking(pipe, False)
        self._pipe, self._most = pipe, most
        self.kept, self.cut = bytearray(), 0

    def read(self) -> bool:
        """Take what is there; False at the end."""
        try:
            piece = os.read(self._pipe, _PIECE)
        except BlockingIOError:
            return True
        self.kept += piece
        over = max(len(self.kept) - self._most, 0)
        del self.kept[:over]
        self.cut += over
        return bool(piece)


def _followed(process: subprocess.Popen[bytes], until: float, most: int, stop: int | None) -> tuple[bool, _Output]:
    """Read until the program ends, the time is over or it is told to stop; says whether it ended by itself."""
    pipe = process.stdout.fileno() if process.stdout is not None else -1
    output = _Output(pipe, most)
    life = os.pidfd_open(process.pid)
    try:
        with selectors.DefaultSelector() as selector:
            for end in (pipe, life, *([stop] if stop is not None else [])):
                selector.register(end, selectors.EVENT_READ)
            while (left := until - time.monotonic()) > 0:
                ready = {key.fd for key, _ in selector.select(left)}
                if stop in ready:
                    return False, output
                if life in ready:  # first: a child of it may write for ever
                    _drain(output)
                    return True, output
                if pipe in ready and not output.read():
                    selector.unregister(pipe)
    finally:
        os.close(life)
    return False, output


def _drain(output: _Output) -> None:
    """Read what the program left in the pipe, not what a child of it goes on writing."""
    end, before = time.monotonic() + _LINGER_S, -1
    while before != len(output.kept) + output.cut and time.monotonic() < end:
        before = len(output.kept) + output.cut
        output.read()


async def run_beside(
    argv: Sequence[str],
    *,
    folder: Path,
    variables: Mapping[str, str],
    timeout_s: float,
    most: int,
    given: bytes = b"",
    reaped: bool = False,
) -> Ran:
    """The same without holding up the event loop; where this is cancelled the command is killed."""
    heard, told = os.pipe()
    call = partial(
        run,
        argv,
        folder=folder,
        variables=variables,
        timeout_s=timeout_s,
        most=most,
        given=given,
        stop=heard,
        reaped=reaped,
    )
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(_when_cancelled, told)
            try:
                ran = await anyio.to_thread.run_sync(call)
            except OSError as error:
                failed: OSError | None = error
            else:
                failed = None
            group.cancel_scope.cancel()
    finally:
        os.close(heard)
        os.close(told)
    await anyio.lowlevel.checkpoint_if_cancelled()  # who is cancelled gets no result of a command that was killed
    if failed is not None:
        raise failed
    return ran


async def _when_cancelled(told: int) -> None:
    try:
        await anyio.sleep_forever()
    finally:
        os.write(told, b"!")
