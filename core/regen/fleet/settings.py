"""Settings: `edge.toml` becomes a checked configuration with one environment."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Annotated
from urllib.parse import urlsplit

from regen.config import Config, Environment, Key
from regen.config.check import Place, read_table
from regen.config.keys import Texts
from regen.config.load import parsed_file
from regen.config.settings import Merge, Plugins
from regen.config.urls import check_url
from regen.errors import ConfigError, UsageError
from regen.model.fleet import NAME, Hub

EDGE_FILE = "edge.toml"
TOKEN_VARIABLE = "REGEN_EDGE_TOKEN"  # noqa: S105 - the name of a variable
_TARGET = "site"


@dataclass(frozen=True, slots=True)
class Edge:
    """Who the edge is, and where its hub is."""

    name: Annotated[str, Key("by which the hub knows it: letters, digits, `.`, `-` and `_`")]
    hub: Annotated[str, Key("the address of `regen serve`, such as `https://hub.example.org`")]
    token_file: Annotated[
        str | None, Key("the file that holds the token; the variable `REGEN_EDGE_TOKEN` goes before it", shown="none")
    ] = None
    interval_s: Annotated[float, Key("between rounds of `regen edge run`", minimum=1, maximum=3600)] = 30.0
    timeout_s: Annotated[float, Key("how long one answer of the hub may take", minimum=0.1)] = 30.0
    health: Annotated[
        str | None, Key("a command that runs after a deployment; where it fails, the edge rolls back by itself")
    ] = None
    health_timeout_s: Annotated[float, Key("how long `health` may take", minimum=0.1)] = 30.0
    trust: Annotated[
        Texts,
        Key("files of public ed25519 keys in PEM: a release has to be signed by one of them", one_or_many=True),
    ] = ()
    keep_releases: Annotated[int, Key("how many releases stay, to go back to without a hub", minimum=2)] = 20
    max_mb: Annotated[float, Key("the longest file, in millions of bytes", minimum=0.001)] = 100.0


@dataclass(frozen=True, slots=True)
class EdgeConfig:
    """The whole of `edge.toml`; `root` is the absolute folder that it is in."""

    root: Path
    edge: Annotated[Edge, Key("")]
    environments: Annotated[tuple[Environment, ...], Key("the hub's environment and where it goes", toml="environment")]
    merge: Annotated[Merge, Key("")] = field(default_factory=Merge)
    plugins: Annotated[Plugins, Key("")] = field(default_factory=Plugins)

    @property
    def environment(self) -> Environment:
        """The one that this edge receives."""
        return self.environments[0]

    @property
    def project(self) -> Config:
        """The same as plugins know it: an edge is to them a project that makes nothing."""
        return Config(self.root, EDGE_FILE, environments=self.environments, merge=self.merge, plugins=self.plugins)

    def hub(self) -> Hub:
        """Where the hub is, with the token as it is now. Raises ConfigError where that cannot be read."""
        most = int(self.edge.max_mb * 1_000_000)
        return Hub(self.edge.hub.rstrip("/"), self.edge.name, self._token(), self.edge.timeout_s, most)

    def _token(self) -> str | None:
        given = os.environ.get(TOKEN_VARIABLE, "").strip()
        if given or self.edge.token_file is None:
            return given or None
        file = self.root / Path(self.edge.token_file).expanduser()
        try:
            text = file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            raise ConfigError(
                f"the token cannot be read: {why}", where=str(file), hint=f"mend `token_file`, or set {TOKEN_VARIABLE}"
            ) from error
        if not text or any(letter <= " " for letter in text):
            raise ConfigError("the file of the token holds none", where=str(file), hint="it has one line, the token")
        return text


def find_edge(start: Path) -> Path:
    """The folder of the edge that a folder is in: the nearest with `edge.toml`, from `start` upwards.

    Raises UsageError where there is none.
    """
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / EDGE_FILE).is_file():
            return folder
    raise UsageError(
        f"{start} is no edge: there is no {EDGE_FILE}, here or above",
        hint="`regen edge init HUB_URL` makes one; -C DIR names its folder",
    )


def load_edge(root: Path) -> EdgeConfig:
    """Read and check `edge.toml`. Raises ConfigError with file and line."""
    text, table = parsed_file(root / EDGE_FILE)
    place = Place(EDGE_FILE, text)
    config = read_table(EdgeConfig, table, place, root=root.absolute())
    _check(config, place)
    (written,) = config.environments
    return replace(config, environments=(replace(written, target=written.target or _TARGET),))


def _check(config: EdgeConfig, place: Place) -> None:
    edge = config.edge
    check_name(edge.name, place)
    check_url(place, ("edge", "hub"), edge.hub, web=False)
    if not urlsplit(edge.hub).scheme:
        raise place.error(("edge", "hub"), "{key} is no address", "write https://host:port")
    if len(config.environments) != 1:
        hint = "an edge receives one environment of its hub; make another folder for another one"
        raise place.error(("environment",), f"there are {len(config.environments)} tables [[environment]]", hint)
    target = PurePosixPath(config.environment.target or _TARGET)
    if target.is_absolute() or ".." in target.parts or not target.parts or target.parts[0] == ".regen":
        raise place.error(("environment", 0, "target"), f"{{key}} cannot be {str(target)!r}", "name a folder in here")
    if edge.health is not None:
        try:
            words = shlex.split(edge.health)
        except ValueError as error:
            raise place.error(("edge", "health"), f"{{key}} is no command: {error}", "close its quotes") from error
        if not words:
            raise place.error(("edge", "health"), "{key} is empty", "name a program, or take it out")


def check_name(name: str, place: Place) -> None:
    """Raise ConfigError where no edge can be called so."""
    if not NAME.fullmatch(name):
        hint = "use letters, digits, `.`, `-` and `_`, 64 at most"
        raise place.error(("edge", "name"), f"{{key}} cannot be {name!r}", hint)
