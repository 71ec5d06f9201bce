"""Audit: who did what, when, why, from which release to which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

Outcome = OneOf["done", "refused", "failed"]
"""`refused`: a gate or a rule said no before anything was written; `failed`: what was begun could not be done."""


Action = OneOf[
    "begin",
    "configure",
    "apply",
    "rollback",
    "recover",
    "take back",
    "promote",
    "resume",
    "resolve",
    "restore",
    "prune",
    "rebuild",
    "request",
    "token",
]
"""What is noted; docs/receipts.md says when."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who did something, as the system tells it.

    Attributes:
        user: name of the real user; its number where it has no name.
        uid: the effective user's number, under whose rights it was done.
        machine: its host name.
        sudo: on whose behalf: who called `sudo`, by `SUDO_USER`, or whose token a server was shown; None: nobody's.
    """

    user: str
    uid: int
    machine: str
    sudo: str | None = None

    def __str__(self) -> str:
        return f"{self.sudo} as {self.user}@{self.machine}" if self.sudo else f"{self.user}@{self.machine}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the audit.

    Attributes:
        sequence: from 1, without gaps; rows are in the order of these numbers, whatever the clock said.
        at: seconds since the epoch, UTC.
        action: what was done, such as "apply" or "rollback".
        environment: where; None: in the whole project.
        subject: what it was about, such as a path; "" where the action says it.
        why: the reason, in words.
        before, after: the release that stood before and after; None: none.
        digest: BLAKE3 in hex over the row and the digest of the row before it.
        clock_back_s: how far the clock was behind the row before; 0 where it was not.
    """

    sequence: int
    at: float
    action: str
    outcome: Outcome
    environment: str | None
    subject: str
    why: str
    before: int | None
    after: int | None
    who: Who
    digest: str
    clock_back_s: float = 0.0
