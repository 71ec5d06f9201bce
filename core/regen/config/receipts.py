"""Receipts: the table `[receipts]` of the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from regen.config.keys import Key, Texts


@dataclass(frozen=True, slots=True)
class Receipts:
    """What signs the receipts of releases, and which keys `regen verify` trusts."""

    key: Annotated[
        str | None,
        Key("the file of a private ed25519 key in PEM; the variable `REGEN_RECEIPT_KEY` goes before it", shown="none"),
    ] = None
    trust: Annotated[
        Texts, Key("files of public ed25519 keys in PEM, beside the one that `key` belongs to", one_or_many=True)
    ] = ()
