"""Flushing: files that are written after each other become durable one by one, or all together at the end."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from regen.state import faults
from regen.state.durably import sync_folders, write_durably
from regen.state.syscalls import sync_file_system


@dataclass(slots=True)
class Flushing:
    """How files become durable.

    Attributes:
        together: only at the end, by one flush of the whole file system; until then a power cut may leave them empty.
        touched: folders of files that were written.
    """

    together: bool
    touched: set[Path] = field(default_factory=set)

    def write(self, path: Path, text: bytes) -> None:
        """Write a file that is there whole or not at all, and that nobody else writes. Raises OSError."""
        write_durably(path, text, folders=self.touched, flush=not self.together, alone=True)

    def end(self, folder: Path) -> None:
        """Everything that was written below a folder is durable when this returns. Raises OSError."""
        if not (self.together and folder.is_dir()):
            sync_folders(sorted(folder for folder in self.touched if folder.is_dir()))
            return
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            faults.point("flushing.together")
            if not sync_file_system(fd):
                os.sync()
        finally:
            os.close(fd)
