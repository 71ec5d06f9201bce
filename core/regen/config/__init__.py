"""Configuration: `regen.toml`, or `[tool.regen]` in `pyproject.toml`, becomes one frozen value."""

from __future__ import annotations

from regen.config.deployer import DeployerSettings
from regen.config.engine import Engine, Tune
from regen.config.keys import Key
from regen.config.learning import LearnSettings, LearnTable
from regen.config.load import find_root, load_config, place_of
from regen.config.settings import (
    Config,
    Environment,
    Evaluate,
    History,
    Merge,
    Plugins,
    Project,
    Serve,
)
from regen.config.source import Source

__all__ = [
    "Config",
    "DeployerSettings",
    "Engine",
    "Environment",
    "Evaluate",
    "History",
    "Key",
    "LearnSettings",
    "LearnTable",
    "Merge",
    "Plugins",
    "Project",
    "Serve",
    "Source",
    "Tune",
    "find_root",
    "load_config",
    "place_of",
]
