"""Receipts: the signed record of what a release was made from and what came out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from regen.model.evaluated import Evaluated

Seal = Callable[[bytes], bytes]
"""Makes an envelope of a statement; see `regen.state.envelope`."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What only the maker of a release knows of it; all of it goes into the receipt.

    Attributes:
        deployer, target: of the environment.
        dataset: the sum of the dataset in hex: equal sums are equal datasets.
        configuration: digest of the configuration.
        graphs: (path, digest) of graph files and sources, sorted; templates: (name, digest), sorted.
        plugins: those in force, with their versions.
        gates: what each gate said.
    """

    deployer: str = ""
    target: str = ""
    dataset: str = ""
    configuration: str = ""
    graphs: tuple[tuple[str, str], ...] = ()
    templates: tuple[tuple[str, str], ...] = ()
    plugins: tuple[str, ...] = ()
    gates: tuple[Evaluated, ...] = ()
