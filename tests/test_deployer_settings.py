"""Keys of `[[environment]]` that are a deployer's own are checked as every other key is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
from tests.cycle_world import World

from regen import Project
from regen.config import DeployerSettings, Key
from regen.errors import ConfigError
from regen.hooks import hookimpl
from regen_plugins.deploy_workspace import WorkspaceDeployer

pytestmark = pytest.mark.anyio


@dataclass(frozen=True, slots=True)
class Boxes:
    """Keys of the deployer `boxes`."""

    label: Annotated[str, Key("what stands on the box")]
    size: Annotated[int, Key("how many files fit", minimum=1)] = 5


class _Plugin:
    def __init__(self) -> None:
        self.read: list[tuple[Boxes, DeployerSettings]] = []

    @hookimpl
    def regen_deploy(self, name: str, settings: DeployerSettings) -> WorkspaceDeployer | None:
        if name == "boxes":
            self.read.append((settings.read(Boxes), settings))
        return WorkspaceDeployer() if name in ("boxes", "plain") else None


async def opened(folder: Path, text: str, *, file: str = "regen.toml", head: str = "[[environment]]\n") -> _Plugin:
    world, plugin = World(folder), _Plugin()
    world.write(file, f"{head}name = 'dev'\n{text}")
    async with Project.open(folder, plugins=[("boxes", plugin)]):
        return plugin


async def test_a_deployer_reads_its_keys(tmp_path: Path) -> None:
    """It gets values, defaults, and a folder of its own."""
    plugin = await opened(tmp_path, "deployer = 'boxes'\nlabel = 'fragile'\n")
    [(boxes, settings)] = plugin.read
    assert boxes == Boxes("fragile", 5)
    assert (settings.environment, settings.project) == ("dev", tmp_path)
    assert settings.folder == tmp_path / ".regen" / "deploy" / "dev"


@pytest.mark.parametrize(
    ("keys", "where", "message", "hint"),
    [
        ("label = 'a'\nsise = 3", ":5", "no setting `environment.sise`", "did you mean `size`"),
        ("label = 'a'\nautomatc = true", ":5", "no setting `environment.automatc`", "did you mean `automatic`"),
        ("label = 'a'\nsize = 0", ":5", "`environment.size` has to be at least 1", "how many files fit"),
        ("label = 'a'\nsize = 'x'", ":5", "has to be a whole number", "how many files fit"),
        ("size = 3", ":1", "needs `label`: what stands on the box", "add `label"),
        ("label = 'a'\noptions = 1", ":5", "no setting `environment.options`", "known here"),
    ],
)
async def test_a_wrong_key_is_named_with_its_line(
    tmp_path: Path, keys: str, where: str, message: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        await opened(tmp_path, f"deployer = 'boxes'\n{keys}\n")
    assert str(caught.value.where).endswith(f"regen.toml{where}")
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


async def test_a_line_is_named_in_pyproject_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        await opened(
            tmp_path, "deployer = 'boxes'\nlabel = 3\n", file="pyproject.toml", head="[[tool.regen.environment]]\n"
        )
    assert caught.value.where == "pyproject.toml:4"


@pytest.mark.parametrize("deployer", ["plain", "workspace"])
async def test_a_key_that_no_deployer_asks_for_is_an_error(tmp_path: Path, deployer: str) -> None:
    """Nothing that a person writes is ignored."""
    with pytest.raises(ConfigError, match=r"no setting `environment\.validat`") as caught:
        await opened(tmp_path, f"deployer = '{deployer}'\nvalidat = false\n")
    assert "did you mean `validate`" in (caught.value.hint or "")
