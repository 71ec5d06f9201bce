"""Verification: what the records of releases say, against each other and against the disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

Part = OneOf["audit", "receipt", "signature", "row", "tree", "blob", "lock", "file", "deployment"]


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that a verification found.

    Attributes:
        part: what it is about.
        message: what is wrong, with names, in one sentence.
        wrong: False for what a person should know and is no failure.
        release: the release that it is about; None where it is about none.
        path: the file that it is about; None where it is about none.
        hint: the way out; None where the message says it.
    """

    part: Part
    message: str
    wrong: bool = True
    release: int | None = None
    path: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of it.

    Attributes:
        environment: its name.
        release: the one that was verified; None before the first.
        receipt: digest of its receipt; None where it has none. Who keeps it elsewhere can tell later that nothing that
            it stands on was replaced.
        signed_by: names of the keys whose signatures of it hold.
        remarks: what was found, failures first.
        receipts, rows, files, blobs: how many receipts, rows of the audit, files on disk and blobs were looked at.
    """

    environment: str
    release: int | None
    receipt: str | None
    signed_by: tuple[str, ...]
    remarks: tuple[Remark, ...]
    receipts: int
    rows: int
    files: int
    blobs: int

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not any(remark.wrong for remark in self.remarks)
