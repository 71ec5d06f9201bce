"""Calls of the kernel that Python does not offer: exchanging two names, flushing a file system, asking for writers.

Why ctypes: a swap of two names is the only way to put a new file in place and still hold what stood there, whatever it
was; `rename` would destroy an edit that was saved a moment before. Each function says what happens where the kernel or
the file system cannot do it.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import signal

from regen.state import faults

_NOREPLACE = 1  # linux/fs.h, RENAME_NOREPLACE
_EXCHANGE = 2  # linux/fs.h, RENAME_EXCHANGE
_UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
_libc = ctypes.CDLL(None, use_errno=True)


def _renameat2(old_dir: int, old: str, new_dir: int, new: str, flags: int) -> None:
    call = getattr(_libc, "renameat2", None)
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), old)
    if call(old_dir, os.fsencode(old), new_dir, os.fsencode(new), flags) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), old, None, new)


def exchange(old_dir: int, old: str, new_dir: int, new: str) -> bool:
    """Swap two names atomically; False where the file system cannot, and nothing happened.

    Raises OSError, FileNotFoundError where one of the names does not exist.
    """
    try:
        faults.point("renameat2")
        _renameat2(old_dir, old, new_dir, new, _EXCHANGE)
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            return False
        raise
    return True


def rename_new(old_dir: int, old: str, new_dir: int, new: str) -> None:
    """Rename to a name that must not exist; raises FileExistsError where it does, and nothing happened.

    Where the file system lacks RENAME_NOREPLACE a hard link does the same in two steps: `link` fails where the name
    exists, and a kill between the steps leaves one file under two names, which recovery takes as done.
    """
    try:
        faults.point("renameat2")
        _renameat2(old_dir, old, new_dir, new, _NOREPLACE)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        os.link(old, new, src_dir_fd=old_dir, dst_dir_fd=new_dir, follow_symlinks=False)
        os.unlink(old, dir_fd=old_dir)


def sync_file_system(fd: int) -> bool:
    """Flush the file system that `fd` is on; False where the C library has no `syncfs`."""
    call = getattr(_libc, "syncfs", None)
    if call is None:
        return False
    if call(fd) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return True


def has_writer(fd: int) -> bool | None:
    """Whether a process has the file of the read-only `fd` open for writing; None where the system cannot tell.

    A read lease is refused while a writer exists. It lasts until `fd` is closed; who opens the file for writing in that
    time waits, and its holder is told by a signal, which is set to one that is ignored by default.
    """
    try:
        faults.point("lease")
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return True if error.errno == errno.EAGAIN else None
    return False
