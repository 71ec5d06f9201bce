"""Manifest: what a hub offers is held against its receipt, before a byte of it is asked for.

The receipt names the root of the tree over all paths and digests, so a manifest with another file, another digest or
one file less does not fit. It says nothing of permissions: of these an edge takes only whether a file can be run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regen.errors import PathError, ReleaseError
from regen.model.fleet import Manifest
from regen.stages.deploy.receipt import PREDICATE, STATEMENT, TREE, TREE_DIGEST
from regen.state import merkle
from regen.state.blobs import digest_of
from regen.state.envelope import fits, key_name, opened, public_key
from regen.state.survey import refuse_nested
from regen.state.tree import refuse_strange

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Keys = Mapping[str, "Ed25519PublicKey"]
"""Public keys by their names; empty: nothing has to be signed."""
_SHOWN = 12  # letters of a digest or a key's name
_KEPT = "nothing was deployed; what stands goes on standing"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt that was read.

    Attributes:
        digest: of its envelope.
        parent: digest of the receipt before it; None for the first release.
        restores: the release that its own brought back; None where it is no rollback.
        root: of the tree of all files.
        subjects: digests of the files that its release brought, by path.
        signed_by: names of trusted keys whose signatures hold.
    """

    digest: str
    environment: str
    number: int
    parent: str | None
    restores: int | None
    root: str
    subjects: Mapping[str, str]
    signed_by: tuple[str, ...]


def trusted(root: Path, files: tuple[str, ...]) -> Keys:
    """The public keys in files. Raises ConfigError."""
    keys = [public_key(root / Path(name).expanduser()) for name in files]
    return {key_name(key): key for key in keys}


def read_receipt(data: bytes, keys: Keys) -> Receipt:
    """Read a receipt, and check its signatures.

    Args:
        keys: that count; a receipt need not be signed by one here.

    Raises ReleaseError where it is none, or a signature by one of the keys is wrong.
    """
    digest = digest_of(data)
    try:
        envelope = opened(data)
        statement = json.loads(envelope.payload)
        if (statement["_type"], statement["predicateType"]) != (STATEMENT, PREDICATE):
            raise ValueError(f"it is of type {statement['predicateType']!r}")
        return _receipt(digest, statement, _signed_by(envelope.payload, envelope.signatures, keys))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ReleaseError(
            f"what the hub calls the receipt {digest[:_SHOWN]} is none: {type(error).__name__}: {error}; {_KEPT}",
            hint="`regen verify` on the hub says what happened to it",
        ) from error


def _receipt(digest: str, statement: dict[str, Any], signed_by: tuple[str, ...]) -> Receipt:
    predicate, (tree, *subjects) = statement["predicate"], statement["subject"]
    if tree["name"] != TREE:
        raise ValueError("it names no tree")
    restores, number = predicate["release"]["restores"], predicate["release"]["number"]
    if not isinstance(number, int) or not isinstance(restores, int | None):
        raise TypeError("its release has no number")
    return Receipt(
        digest,
        str(predicate["environment"]["name"]),
        number,
        predicate["chain"]["parent"],
        restores,
        str(tree["digest"][TREE_DIGEST]),
        {str(subject["name"]): str(subject["digest"]["blake3"]) for subject in subjects},
        signed_by,
    )


def _signed_by(payload: bytes, signatures: tuple[tuple[str, bytes], ...], keys: Keys) -> tuple[str, ...]:
    good = []
    for name, signature in signatures:
        key = keys.get(name)
        if key is None:
            continue
        if not fits(key, payload, signature):
            raise ReleaseError(
                f"the signature of a release by the key {name[:_SHOWN]} is wrong: it was changed after it was signed;"
                f" {_KEPT}",
                hint="`regen verify` on the hub says what happened to it",
            )
        good.append(name)
    return tuple(good)


def refuse_unsigned(receipt: Receipt, keys: Keys) -> None:
    """Raise ReleaseError where keys are configured, and none of them signed."""
    if keys and not receipt.signed_by:
        raise ReleaseError(
            f"release {receipt.number} of {receipt.environment} is signed by no key that this edge trusts; {_KEPT}",
            hint="name the hub's public key in `trust` of edge.toml, or let the hub sign by `[receipts] key`",
        )


def check_manifest(manifest: Manifest, receipt: Receipt) -> None:
    """Raise ReleaseError where a manifest is not what the receipt vouches for, or could not stand in a folder."""
    what = f"release {manifest.number} of {manifest.environment}"
    if (receipt.environment, receipt.number) != (manifest.environment, manifest.number):
        raise ReleaseError(
            f"the receipt that the hub gives for {what} is that of release {receipt.number} of {receipt.environment};"
            f" {_KEPT}",
            hint="the hub, or who answers for it, put one in the place of another",
        )
    digests = {file.path: file.digest for file in manifest.files}
    try:
        for path in digests:
            refuse_strange(path)
        refuse_nested(digests.keys())
    except PathError as error:
        raise ReleaseError(f"{what} cannot stand in a folder: {error.message}; {_KEPT}", hint=error.hint) from error
    root = merkle.root_of(digests.items())
    if len(digests) != len(manifest.files) or root != receipt.root:
        raise ReleaseError(
            f"the list of files of {what} is not the one that its receipt vouches for; {_KEPT}",
            hint="it was changed on its way or on the hub; `regen verify` there says which",
        )
    wrong = next((path for path, digest in receipt.subjects.items() if digests.get(path) != digest), None)
    if wrong is not None:
        raise ReleaseError(f"{wrong} of {what} is not what its receipt says; {_KEPT}", hint="`regen verify` on the hub")
