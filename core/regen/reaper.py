"""Reaper: a program that runs one command, and ends when nothing of it is left.

Why a process of its own: a child that calls `setsid` leaves the group that can be killed as a whole, and one whose
parent ends is handed to process 1. Here it is handed to the reaper (PR_SET_CHILD_SUBREAPER), which has no other
children; so whatever it finds among them is the command's. It also ends with the process that started it, however that
one ended (PR_SET_PDEATHSIG).

It is run as a script, by its path, and imports nothing of regen: starting it has to cost little.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

_SET_PDEATHSIG = 1  # linux/prctl.h
_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_ROUNDS = 10_000  # of killing: a command that forks faster than it can be killed does not hold this process for ever


class _Told(BaseException):
    """A signal asks to end."""


def main(parent: int, report: int, argv: list[str]) -> NoReturn:
    """Run the command, kill what it leaves, and end as it ended.

    Args:
        parent: number of the process that this one ends with.
        report: descriptor that gets the errno as text where the command cannot be started.
        argv: the command.
    """
    prctl = ctypes.CDLL(None).prctl
    prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    prctl(_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    status = signal.SIGKILL.value
    child = 0
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, _tell)
        if os.getppid() == parent:
            child = _start(report, argv)
            os.close(report)
            _let_go()
            status = _wait(child)
    except _Told:
        pass
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    _kill_all(child)
    _end_as(status)


def _tell(number: int, frame: FrameType | None) -> None:
    raise _Told


def _start(report: int, argv: list[str]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        os.set_inheritable(report, False)
        os.execvp(argv[0], argv)  # noqa: S606 - the user's own command, without a shell
    except OSError as error:
        os.write(report, str(error.errno).encode())
    os._exit(127)


def _let_go() -> None:
    """Keep neither end of the command's pipes open."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for end in (0, 1, 2):
        os.dup2(nothing, end)
    os.close(nothing)


def _wait(child: int) -> int:
    """Wait for the command itself; orphans that end meanwhile are taken care of."""
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == child:
            return status


def _kill_all(child: int) -> None:
    """Kill the command's group and every process that was handed over, until there is none."""
    if child:
        with suppress(OSError):
            os.killpg(child, signal.SIGKILL)
    for _ in range(_ROUNDS):
        for process in _children():
            with suppress(OSError):
                group = os.getpgid(process)
                os.kill(process, signal.SIGKILL)
                if group != os.getpgrp():
                    os.killpg(group, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _children() -> list[int]:
    """Numbers of this process's children."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children")
    with suppress(OSError):
        return [int(number) for number in listed.read_text().split()]
    return _children_by_parent()


def _children_by_parent() -> list[int]:
    """The same where the kernel keeps no list of them."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            after_name = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(after_name[1]) == os.getpid():
                found.append(int(entry.name))
    return found


def _end_as(status: int) -> NoReturn:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
