"""Slots: two folders, `blue` and `green`; the idle one is brought to a release, asked whether it is well, then shown.

The slot that was shown before keeps its release: the way back is one rename of the link `current`, after a difference.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from regen.config import Key
from regen.errors import DeployError
from regen.hooks.protocols import Journal
from regen.model.deploy import Change, Purpose, Switched
from regen.state.commands import call, variables
from regen.state.tree import Tree
from regen_plugins.whole.current import point, point_nowhere
from regen_plugins.whole.deployer import WholeDeployer
from regen_plugins.whole.look import Shown, refuse_clashes
from regen_plugins.whole.memory import Memory
from regen_plugins.whole.slot import Slot

_SLOTS = ("blue", "green")
_NAMES = re.compile("blue|green")
_LOG = logging.getLogger("regen.deploy")


@dataclass(frozen=True, slots=True)
class Slots:
    """Keys of an environment with the deployer `bluegreen`."""

    health: Annotated[
        str | None, Key("a command that runs in the new slot before it is shown; where it fails, the old one stays")
    ] = None
    health_timeout_s: Annotated[float, Key("how long `health` may take", minimum=0.001)] = 30.0


class BlueGreenDeployer(WholeDeployer):
    """Shows one of two slots.

    Args:
        folder: where it remembers what it wrote.
    """

    def __init__(self, slots: Slots, environment: str, folder: Path) -> None:
        super().__init__("bluegreen", _NAMES, _SLOTS, int, folder)
        self._slots = slots
        self._environment = environment

    def stage(self, root: Path, changes: Sequence[Change], journal: Journal) -> None:
        """Nothing: the idle slot is written when it is known what stands in it."""

    def _switch(self, tree: Tree, now: Shown, changes: Sequence[Change], journal: Journal) -> Switched:
        if now.folder is not None and self._holds(now.folder, journal):
            return Switched()
        undo = journal.purpose is Purpose.UNDO
        if undo and not journal.release:
            point_nowhere(tree)
            return Switched()
        idle = _SLOTS[1] if now.folder == _SLOTS[0] else _SLOTS[0]
        if not (undo and self._holds(idle, journal)):
            self._bring(tree, idle, now, journal)
        if not undo:
            self._ask(tree, idle, journal)
            found = now.raced(changes)
            if found:
                return Switched(found)
        point(tree, idle)
        if not undo:
            now.keep_late(changes, journal)
        return Switched()

    def finish(self, root: Path, changes: Sequence[Change], journal: Journal) -> None:
        """Nothing: the other slot is the way back."""

    def _bring(self, tree: Tree, idle: str, now: Shown, journal: Journal) -> None:
        contents = list(journal.contents())
        memory = self._memory(idle)
        if memory is None and tree.names(idle):
            self._set_aside(tree, idle)
        tree.make_folders(idle)
        refuse_clashes(tree, idle, contents)
        Slot(tree, idle, self._folder / idle, memory or Memory(0)).bring(contents, now, journal)

    def _set_aside(self, tree: Tree, idle: str) -> None:
        """A slot of which nothing is remembered may hold anybody's files: it steps aside whole."""
        names = tree.names("")
        number = next(n for n in range(1, len(names) + 2) if f"{idle}.{n}" not in names)
        root = tree.folder("")
        os.rename(idle, f"{idle}.{number}", src_dir_fd=root, dst_dir_fd=root)
        tree.forget()
        _LOG.warning("%s: nothing is known of what it holds; it is now %s.%d", tree.root / idle, idle, number)

    def _ask(self, tree: Tree, idle: str, journal: Journal) -> None:
        """Run the health check; on the way back a failing one is told of and stops nothing."""
        if self._slots.health is None:
            return
        slot = tree.root / idle
        try:
            call(
                self._slots.health,
                f"`health` of {self._environment}",
                folder=slot,
                told=variables(self._environment, journal.release, slot),
                timeout_s=self._slots.health_timeout_s,
            )
        except DeployError as error:
            if journal.purpose is Purpose.DEPLOY:
                raise
            _LOG.warning("%s; the way back goes on", error)

    def _holds(self, slot: str, journal: Journal) -> bool:
        memory = self._memory(slot)
        return memory is not None and memory.release == journal.release and not memory.planned
