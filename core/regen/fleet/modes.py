"""Modes: a deployer that gives new files the permissions that the hub says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from regen.hooks.protocols import Deployer, Journal
from regen.model.deploy import Change, Prepared, Switched
from regen.model.fleet import HubFile
from regen.state.survey import default_mode


@dataclass(frozen=True, slots=True)
class WithModes:
    """Passes everything on, and fills in what a change leaves open.

    Attributes:
        modes: permission bits by path.
    """

    deployer: Deployer
    modes: Mapping[str, int]

    @property
    def name(self) -> str:
        """Of the deployer behind it."""
        return self.deployer.name

    @name.setter
    def name(self, value: str) -> None:
        raise AttributeError(value)

    def tree(self, root: Path) -> Path:
        """Passed on."""
        return self.deployer.tree(root)

    def read(self, root: Path, path: str) -> bytes | None:
        """Passed on."""
        return self.deployer.read(root, path)

    def prepare(self, root: Path, changes: Sequence[Change], *, token: str, folders: frozenset[str]) -> Prepared:
        """Passed on, with permissions."""
        given = [
            replace(change, mode=self.modes[change.path])
            if change.new is not None and change.mode is None and change.path in self.modes
            else change
            for change in changes
        ]
        return self.deployer.prepare(root, given, token=token, folders=folders)

    def stage(self, root: Path, changes: Sequence[Change], journal: Journal) -> None:
        """Passed on."""
        self.deployer.stage(root, changes, journal)

    def switch(
        self, root: Path, changes: Sequence[Change], journal: Journal, *, folders: frozenset[str], resumed: bool
    ) -> Switched:
        """Passed on."""
        return self.deployer.switch(root, changes, journal, folders=folders, resumed=resumed)

    def finish(self, root: Path, changes: Sequence[Change], journal: Journal) -> None:
        """Passed on."""
        self.deployer.finish(root, changes, journal)

    def discard(self, root: Path, stages: Iterable[str]) -> None:
        """Passed on."""
        self.deployer.discard(root, stages)


def modes_of(files: Iterable[HubFile]) -> dict[str, int]:
    """Permission bits by path: as new files are here, and to be run where the hub's are; nothing else is believed."""
    plain = default_mode()
    return {file.path: plain | ((plain & 0o444) >> 2 if file.mode & 0o111 else 0) for file in files}
