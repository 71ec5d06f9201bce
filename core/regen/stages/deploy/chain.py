"""Chain: receipts against the rows of their releases, against each other, and against the keys that are trusted.

Why rows against each receipt, and roots at both ends only: a receipt names every path that its release changed, so
rows that fit all receipts after the oldest, on a tree whose root the oldest names, are the trees of all of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from regen.errors import StateError
from regen.model.release import Release, ReleaseState
from regen.model.verification import Part, Remark
from regen.stages.deploy.receipt import PREDICATE, STATEMENT, TREE, TREE_DIGEST, gate_part, release_part
from regen.state import evaluations, merkle, receipts, releases
from regen.state.envelope import Envelope, fits, opened
from regen.state.opening import State

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_SHOWN = 12  # letters of a digest or a key's name


@dataclass(frozen=True, slots=True)
class Keys:
    """Whose signatures count.

    Attributes:
        trusted: public keys by their names.
        wanted: whether the configuration names a key at all, so that a release has to be signed.
    """

    trusted: Mapping[str, Ed25519PublicKey]
    wanted: bool


@dataclass(slots=True)
class Chain:
    """Checks the receipts of one environment; `signed_by` has the keys of each release's good signatures afterwards."""

    state: State
    environment: str
    keys: Keys
    signed_by: dict[int, tuple[str, ...]] = field(default_factory=dict)
    given: dict[int, str | None] = field(default_factory=dict)
    looked_at: int = 0

    def check(self, number: int | None, told: Callable[[int, int], None]) -> Iterator[Remark]:
        """What is wrong, from the oldest release to the newest.

        Args:
            number: a release whose whole tree is compared with its receipt, beside the first and the last.
            told: how many receipts of how many were looked at.
        """
        db, environment = self.state.db, self.environment
        made = releases.history(db, environment)[::-1]
        self.given = {one.number: receipts.digest_of_receipt(db, environment, one.number) for one in made}
        yield from self._numbers(made)
        noted = self._noted()
        ours = [one for one in made if self.given[one.number] is not None or one.number in noted]
        first, last = (ours[0].number, ours[-1].number) if ours else (None, None)
        if len(ours) < len(made):
            before = "releases" if first is None else f"releases before {first}"
            yield Remark("receipt", f"{before} of {environment} have no receipt: an older regen made them", wrong=False)
        for count, one in enumerate(made, start=1):
            told(count, len(made))
            if first is not None and one.number >= first:
                whole = one.number in {first, last, number}
                yield from self._release(one, newest=one is made[-1], oldest=one is made[0], whole=whole)
        for path, since in receipts.misfits(db, environment):
            text = f"{path} of release {since} ends where nothing else of it begins or ends"
            yield Remark("row", text, release=since, path=path)
        if last is not None and last == made[-1].number and not merkle.sound(db, environment):
            yield Remark("tree", f"the kept tree of {environment} is not that of release {last}", release=last)

    def _noted(self) -> set[int]:
        """Releases that the audit saw made: all of these have a receipt."""
        select = "SELECT after FROM audit WHERE environment = ? AND after > coalesce(before, 0)"
        return {number for (number,) in self.state.db.execute(select, (self.environment,))}

    def _numbers(self, made: list[Release]) -> Iterator[Remark]:
        for before, after in pairwise(made):
            if after.number != before.number + 1:
                missing = f"release {before.number + 1}" + (" and more" if after.number > before.number + 2 else "")
                text = f"{missing} of {self.environment} is missing from the history"
                yield Remark("row", text, release=after.number)
            elif after.parent != before.number:
                text = f"release {after.number} names release {after.parent} as its parent, not {before.number}"
                yield Remark("row", text, release=after.number)
        if made and made[0].number > 1 and not self._pruned():
            text = f"releases before {made[0].number} are missing, and the audit knows of no prune"
            yield Remark("row", text, release=made[0].number)

    def _pruned(self) -> bool:
        return self.state.db.one("SELECT 1 FROM audit WHERE action = 'prune' LIMIT 1") is not None

    def _release(self, one: Release, *, newest: bool, oldest: bool, whole: bool) -> Iterator[Remark]:
        digest = self.given[one.number]
        if digest is None:
            yield Remark("receipt", f"the receipt of release {one.number} was removed", release=one.number)
            return
        self.looked_at += 1
        try:
            envelope = opened(self.state.blobs.read(digest))
            statement = json.loads(envelope.payload)
            yield from self._signatures(one, envelope, newest=newest)
            for part, text, path in self._statement(one, statement, oldest=oldest, whole=whole):
                yield Remark(part, text, release=one.number, path=path)
        except StateError as error:
            yield Remark("receipt", f"the receipt of release {one.number}: {error.message}", release=one.number)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            text = f"the receipt of release {one.number} is none: {type(error).__name__}: {error}"
            yield Remark("receipt", text, release=one.number)

    def _signatures(self, one: Release, envelope: Envelope, *, newest: bool) -> Iterator[Remark]:
        good, unknown = [], []
        for name, signature in envelope.signatures:
            key = self.keys.trusted.get(name)
            if key is None:
                unknown.append(name)
            elif fits(key, envelope.payload, signature):
                good.append(name)
            else:
                text = f"the signature of release {one.number} by the key {name[:_SHOWN]} is wrong"
                yield Remark("signature", text, release=one.number)
        before = any(self.signed_by.values())
        self.signed_by[one.number] = tuple(good or unknown)
        hint = None
        if not envelope.signatures and before:
            text = f"release {one.number} is not signed, and a release before it is"
        elif not envelope.signatures and newest and self.keys.wanted:
            text = f"release {one.number} is not signed, though a key is configured"
            hint = "the next release is; if this one was made before there was a key, that is why"
        elif unknown and not good:
            text = f"release {one.number} is signed by the key {unknown[0][:_SHOWN]}, which nothing says to trust"
            hint = "name its public key in `[receipts] trust`"
        else:
            return
        yield Remark("signature", text, self.keys.wanted or not unknown, one.number, hint=hint)

    def _statement(
        self, one: Release, statement: dict[str, Any], *, oldest: bool, whole: bool
    ) -> Iterator[tuple[Part, str, str | None]]:
        if (statement["_type"], statement["predicateType"]) != (STATEMENT, PREDICATE):
            raise ValueError(f"its type is {statement['predicateType']!r}")
        predicate = statement["predicate"]
        named, place = predicate["release"], predicate["environment"]["name"]
        if (named["number"], place) != (one.number, self.environment):
            other = f"release {named['number']} of {place}"
            yield "receipt", f"the receipt of release {one.number} is that of {other}: it was put in its place", None
            return
        said = {**named, "inputs": predicate["inputs"]["digest"]}
        for name, value in {**release_part(one), "inputs": one.inputs}.items():
            if said.get(name) != value:
                text = f"`{name}` of release {one.number} is {value!r}, and its receipt says {said.get(name)!r}"
                yield "row", text, None
        yield from self._links(one, predicate["chain"])
        if self._gates(one.number) != predicate["gates"]:
            yield "row", f"what the gates said of release {one.number} is not what its receipt says", None
        yield from self._paths(one, statement, oldest=oldest)
        if whole:
            yield from self._root(one, statement["subject"][0])

    def _gates(self, number: int) -> list[dict[str, Any]] | None:
        """What the state says that the gates said; None where that cannot be read."""
        try:
            return [gate_part(one) for one in evaluations.of_release(self.state.db, self.environment, number)]
        except (ValueError, TypeError, AttributeError):
            return None

    def _links(self, one: Release, chain: dict[str, Any]) -> Iterator[tuple[Part, str, str | None]]:
        parent = self.given.get(one.parent) if one.parent is not None else None
        known = one.parent is None or one.parent in self.given
        if known and chain["parent"] != parent:
            text = f"the receipt of release {one.number} does not follow from that of release {one.parent}"
            yield "receipt", f"{text}: one of the two was replaced", None
        row, digest = chain["audit"]["row"], chain["audit"]["digest"]
        found = self.state.db.one("SELECT digest FROM audit WHERE sequence = ?", (row,))
        if found is None:
            yield "audit", f"row {row} of the audit, which release {one.number} follows, was removed", None
        elif found[0] != digest:
            yield "audit", f"row {row} of the audit is not the one that release {one.number} follows", None

    def _paths(
        self, one: Release, statement: dict[str, Any], *, oldest: bool
    ) -> Iterator[tuple[Part, str, str | None]]:
        said = {
            subject["name"]: (subject["digest"]["blake3"], subject.get("annotations", {}).get("base"))
            for subject in statement["subject"][1:]
        }
        begun = receipts.begun(self.state.db, self.environment, one.number)
        rows = {path: (content, None if base == content else base) for path, content, base in begun}
        for path in sorted({*said, *rows}):
            if said.get(path) != rows.get(path):
                yield "row", f"{path} of release {one.number} is not what its receipt says", path
        if oldest and one.number > 1:
            return  # what it ended was forgotten with the releases before it
        gone = set(statement["predicate"]["removed"])
        for path in sorted(gone ^ set(receipts.ended(self.state.db, self.environment, one.number))):
            how = "stands though its receipt says that it went" if path in gone else "went, unknown to its receipt"
            yield "row", f"{path} of release {one.number} {how}", path

    def _root(self, one: Release, subject: dict[str, Any]) -> Iterator[tuple[Part, str, str | None]]:
        held = releases.contents(self.state.db, self.environment, one.number)
        root = merkle.root_of((version.path, version.content) for version in held)
        if subject != {"name": TREE, "digest": {TREE_DIGEST: root}}:
            yield "tree", f"what release {one.number} holds is not the tree that its receipt names", None


def states(state: State, environment: str) -> Iterator[Remark]:
    """Where the audit says that another release stands, and releases left by a rollback that are not marked bad."""
    rows = state.db.execute(
        "SELECT action, before, after FROM audit WHERE environment = ?"
        " AND (outcome = 'done' OR action IN ('recover', 'take back')) ORDER BY sequence",
        (environment,),
    )
    expected: int | None = None
    left: dict[int, int] = {}
    for action, before, after in rows:
        if after is not None or action == "take back":
            expected = after
        if action == "take back":
            left.pop(before, None)
        if action == "rollback":
            left[after] = before
    made = releases.history(state.db, environment)
    number = made[0].number if made else None
    if rows and number != expected:
        says = f"release {number} is the newest of {environment}, and the audit says that release {expected} is"
        yield Remark("row", says, release=expected)
    for one in made:
        if one.number in left.values() and one.state is not ReleaseState.BAD:
            text = f"release {one.number} was rolled back from, and is not marked bad any more"
            yield Remark("row", text, release=one.number)
