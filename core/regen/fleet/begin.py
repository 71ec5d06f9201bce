"""Begin: a folder becomes an edge."""

from __future__ import annotations

import json
import re
import socket
from functools import partial
from pathlib import Path

from regen.config.check import Place
from regen.config.urls import check_url
from regen.errors import ConfigError, HubError, StateError, UsageError
from regen.fleet.asking import ask
from regen.fleet.opening import held, make_ready
from regen.fleet.settings import EDGE_FILE, check_name
from regen.hooks.dispatch import Hooks
from regen.hooks.manager import PluginManager
from regen.model.fleet import Hub

_FIRST = "dev"  # what a project calls its environment that names none


def usual_name() -> str:
    """What an edge is called unless it is said: as its machine."""
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", socket.gethostname()).strip(".-_")[:64]
    return name or "edge"


async def begin(root: Path, hub: str, *, name: str | None, token_file: str | None, environment: str | None) -> str:
    """Write `edge.toml`, and make the state beside it; gives the environment that the edge receives.

    Args:
        root: the folder; made where it is missing.
        hub: the address of `regen serve`.
        name: of the edge; as the machine unless given.
        token_file: as `edge.toml` is to have it: relative to the folder, or absolute.
        environment: of the hub; its first one unless given, for which it is asked.

    Raises:
        UsageError: it is an edge already. ConfigError: name or address cannot be one.
        HubError: the hub was to be asked, and gives no answer. StateError: the folder cannot be written.
    """
    file, called = root / EDGE_FILE, name if name is not None else usual_name()
    if file.exists():
        raise UsageError(f"{root} is an edge already", where=EDGE_FILE, hint="change that file, or choose another DIR")
    check_name(called, Place(EDGE_FILE, ""))
    check_url(Place(EDGE_FILE, ""), ("edge", "hub"), hub, web=False)
    wanted = environment if environment is not None else await _first(hub, called, root, token_file)
    _write(file, _text(called, hub, token_file, wanted))
    try:
        with held(await make_ready(root), "edge init"):
            return wanted
    except ConfigError:
        file.unlink()
        raise


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StateError(f"{file} cannot be written: {error.strerror}", hint="make the folder writable") from error


async def _first(hub: str, name: str, root: Path, token_file: str | None) -> str:
    """The first environment of a hub."""
    hooks = Hooks(PluginManager())
    token = (root / token_file).read_text(encoding="ascii").strip() if token_file is not None else None
    transport = await hooks.sync(Hub(hub.rstrip("/"), name, token))
    if transport is None:
        raise ConfigError(f"no plugin knows a way to the hub {hub}", hint="write https://host:port")
    try:
        return (await ask(partial(transport.offers, None, 0))).environment
    except HubError as error:
        hint = f"start it, or name its environment: `--env {_FIRST}`"
        raise HubError(error.message, hint=hint, status=error.status) from error


def _text(name: str, hub: str, token_file: str | None, environment: str) -> str:
    token = f"token_file = {json.dumps(token_file)}\n" if token_file is not None else '# token_file = "edge.token"\n'
    return f"""\
# An edge of regen: `regen edge run` keeps it up with its hub.
[edge]
name = {json.dumps(name)}
hub = {json.dumps(hub.rstrip("/"))}
{token}# health = "curl -fsS http://127.0.0.1:8080/"   # where it fails after a deployment, the edge goes back by itself
# trust = ["release.pub.pem"]                     # a release has to be signed by one of these keys

[[environment]]
name = {json.dumps(environment)}   # as the hub calls it
deployer = "releases"              # or bluegreen, workspace
target = "site"                    # what is read is in site/current
"""
