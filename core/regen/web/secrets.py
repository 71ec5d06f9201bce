"""Secrets: headers whose values stand in environment variables; no message repeats one."""

from __future__ import annotations

import os


class NoSecret(Exception):  # noqa: N818 - what is missing; who asks makes an error of it
    """A header's value cannot be had.

    Attributes:
        message: what is wrong, without the value.
        hint: the way out.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def secret(header: str, variable: str) -> str:
    """The value of a header.

    Raises:
        NoSecret: the variable is not set, or holds what no header can.
    """
    value = os.environ.get(variable)
    if value is None:
        raise NoSecret(f"its header {header} is in the variable {variable}, which is not set", f"set {variable}")
    if not (value.isascii() and value.isprintable()):
        hint = f"look at {variable}: a line end at its end is enough"
        raise NoSecret(f"the variable {variable} holds what no header can", hint)
    return value
