"""The world of deployers that show a release whole, and what a reader of `current` sees there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.deploy_world import ENVIRONMENT, Tree, World, tree_of

from regen.hooks.protocols import Deployer
from regen.stages import deploy
from regen.state.opening import open_state
from regen_plugins.whole.shelf import ShelfDeployer
from regen_plugins.whole.slots import BlueGreenDeployer, Slots


class WholeWorld(World):
    """One environment whose files are read through `current`."""

    def write(self, path: str, data: bytes) -> None:
        """As most editors do: a new file is renamed over the old one."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = place.with_name(f"{place.name}~")
        fresh.write_bytes(data)
        fresh.replace(place)

    def write_in_place(self, path: str, data: bytes) -> None:
        """As somebody does who made the file writable first."""
        place = self.root / path
        place.chmod(0o644)
        with place.open("r+b") as file:
            file.truncate()
            file.write(data)

    def release(self, number: int) -> Tree:
        """What the folder of a release holds."""
        return tree_of(self.target.root / "releases" / str(number))

    def numbers(self) -> list[int]:
        """Releases that have a folder."""
        return sorted(int(place.name) for place in (self.target.root / "releases").iterdir())

    def shown(self) -> str:
        """Where the link leads to."""
        return str((self.target.root / "current").readlink())


KINDS = ("releases", "bluegreen")


def deployer_of(kind: str, folder: Path, **keys: Any) -> Deployer:
    """A deployer with its keys."""
    if kind == "bluegreen":
        return BlueGreenDeployer(Slots(**keys), ENVIRONMENT, folder)
    return ShelfDeployer("releases", keys.get("keep", 5), folder)


@contextmanager
def opened_whole(folder: Path, kind: str, **keys: Any) -> Iterator[WholeWorld]:
    """The world of a folder, made where it does not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    with open_state(folder / ".regen", command="test") as state:
        deployer = deployer_of(kind, folder / ".regen" / "deploy" / ENVIRONMENT, **keys)
        yield WholeWorld(folder, state, deploy.Target(ENVIRONMENT, folder / "out", deployer))
