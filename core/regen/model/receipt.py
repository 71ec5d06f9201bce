"""Receipts: the signed record of what a release was made from and what came out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from regen.model.evaluated import Evaluated

Seal = Callable[[bytes], bytes]
"""Makes an envelope of a statement; see `regen.state.envelope`."""


@dataclass(frozen=True, slots=True)
class Materials:
    """Graph files or templates that a release was made from.

    Attributes:
        count: how many.
        digest: of all their names and digests, in the order of the names.
        files: (name, digest), sorted; none where they are too many to be named one by one.
    """

    count: int = 0
    digest: str = ""
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What only the maker of a release knows of it; all of it goes into the receipt.

    Attributes:
        deployer, target: of the environment.
        dataset: the sum of the dataset in hex: equal sums are equal datasets.
        configuration: digest of the configuration.
        graphs, templates: graph files and sources; templates.
        plugins: those in force, with their versions.
        gates: what each gate said.
    """

    deployer: str = ""
    target: str = ""
    dataset: str = ""
    configuration: str = ""
    graphs: Materials = Materials()
    templates: Materials = Materials()
    plugins: tuple[str, ...] = ()
    gates: tuple[Evaluated, ...] = ()
