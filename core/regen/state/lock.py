"""The holder's lock: one process works on a project, by `flock`, which the system lets go of when it dies."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from regen.errors import LockedError, StateError

NAME = "lock"
WATCHES = frozenset({"watch", "serve"})
"""Commands that run cycles by themselves, and those of others between them."""
_STOPPABLE = frozenset({"apply", "plan", "restore", "why"})  # a rollback does not wait for these
_POLL_S = 0.05  # flock cannot wait with a limit, so waiting asks again
_WAY_OUT = "stop it or wait for it; `regen status`, `history`, `show`, `conflicts`, `audit` and `verify` work meanwhile"
_BESIDE_A_WATCH = "stop it first; commands that look at a project, plan, apply and settle work beside a watch"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a project.

    Attributes:
        pid: on `host`.
        command: what it runs, such as "watch".
        since: seconds since the epoch, UTC.
    """

    pid: int
    host: str
    command: str
    since: float

    @property
    def watches(self) -> bool:
        """Whether it is a watch on this machine, which takes commands of others."""
        return self.command in WATCHES and self.host == socket.gethostname()

    def __str__(self) -> str:
        since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(self.since))
        return f"`regen {self.command}` (process {self.pid} on {self.host}, since {since})"


@contextmanager
def hold(folder: Path, *, command: str, wait_s: float = 0.0) -> Iterator[Holder]:
    """Be the one holder of the state in `folder` until the block ends.

    Args:
        command: shown to those who come in vain.
        wait_s: how long to wait for another holder, in seconds; 0 does not wait.

    Raises LockedError where another process holds it, StateError where the lock cannot be written.
    """
    path = folder / NAME
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    except OSError as error:
        raise StateError(
            f"{path} cannot be opened: {error.strerror}", hint=f"make {folder} writable for this user"
        ) from error
    try:
        _take(fd, path, wait_s)
        holder = Holder(os.getpid(), socket.gethostname(), command, time.time())
        _write(fd, path, holder)
        yield holder
    finally:
        os.close(fd)


def ask_to_stop(folder: Path) -> Holder | None:
    """Send SIGTERM to the command that holds a project, which then ends with nothing half done.

    Only commands of regen that end so are asked, and only this user's on this machine.

    Returns:
        Who was asked; None where nobody was.
    """
    who = last_holder(folder)
    if who is None or who.command not in _STOPPABLE or who.host != socket.gethostname():
        return None
    try:
        process = os.pidfd_open(who.pid)
    except OSError:
        return None
    try:
        # Looked at again with the process in hand: its number cannot have gone to another one meanwhile.
        if last_holder(folder) != who or not _is_held(folder):
            return None
        signal.pidfd_send_signal(process, signal.SIGTERM)
    except OSError:
        return None
    finally:
        os.close(process)
    return who


def _is_held(folder: Path) -> bool:
    fd = os.open(folder / NAME, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def _take(fd: int, path: Path, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                who = _parse(os.pread(fd, 4096, 0))
                raise LockedError(
                    f"{who or 'another regen'} holds this project" + (f"; waited {wait_s:g} s" if wait_s else ""),
                    where=str(path),
                    hint=_BESIDE_A_WATCH if who is not None and who.watches else _WAY_OUT,
                ) from None
            time.sleep(_POLL_S)
        except OSError as error:
            raise StateError(
                f"{path} cannot be locked: {error.strerror}", hint="keep `.regen/` on a file system with locks"
            ) from error
        else:
            return


def _write(fd: int, path: Path, holder: Holder) -> None:
    text = json.dumps(
        {"pid": holder.pid, "host": holder.host, "command": holder.command, "since": holder.since}, sort_keys=True
    )
    try:
        os.ftruncate(fd, 0)
        os.pwrite(fd, text.encode() + b"\n", 0)
    except OSError as error:
        raise StateError(
            f"{path} cannot be written: {error.strerror}", hint="free some space and run it again"
        ) from error


def last_holder(folder: Path) -> Holder | None:
    """Who holds the state in `folder`, or did last; None where nobody ever did."""
    try:
        return _parse((folder / NAME).read_bytes())
    except OSError:
        return None


def held(folder: Path) -> bool:
    """Whether who took the lock last is a process that is still there, on this machine."""
    who = last_holder(folder)
    if who is None or who.host != socket.gethostname():
        return False
    try:
        os.kill(who.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _parse(data: bytes) -> Holder | None:
    """Who wrote the lock; None where it cannot be read, for it is written after it is taken."""
    try:
        fields = json.loads(data)
        return Holder(int(fields["pid"]), str(fields["host"]), str(fields["command"]), float(fields["since"]))
    except (ValueError, TypeError, KeyError):
        return None
