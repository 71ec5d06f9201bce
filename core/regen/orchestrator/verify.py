"""Verify: receipts, signatures, trees, blobs, the audit, the lock and the files on disk, read beside whoever works."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from regen.config import Config, find_root, load_config
from regen.errors import ConfigError, StateError, UsageError
from regen.holder import STATE_FOLDER
from regen.model.verification import Remark, Verification
from regen.model.verified import Wrong
from regen.stages import deploy
from regen.stages.deploy.chain import Chain, Keys, states
from regen.stages.deploy.differences import differences
from regen.state import audit, db, lock, releases, rollouts
from regen.state.envelope import key_file, key_name, private_key, public_key
from regen.state.lock_check import differing_lines
from regen.state.opening import State, read_state
from regen.state.record import read_record
from regen.state.standing import tree_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Progress = Callable[[str, int, int], None]
_ROUNDS = 20  # a watch that deploys in each of so many looks is told of
_PAUSE_S = 0.1
_TARGET_HINT = "the next release sets an edit aside, and writes what the release holds"
_OTHERS = (
    ("SELECT content, path FROM kept_edit", "the edit of {} that was set aside"),
    ("SELECT blob, path FROM file WHERE blob IS NOT NULL", "the graph of {}"),
    ("SELECT delta, number FROM revision", "revision {} of the graph"),
)
"""Digests of blobs beside those of releases, and what they are of."""


def verify(
    folder: Path, environment: str | None, number: int | None, *, exact: bool = False, progress: Progress
) -> Verification:
    """Verify an environment of a project, which another process may hold.

    Args:
        folder: of the project, or one inside it.
        environment: its name; the first one for None.
        number: a release; None: the newest, and what stands.
        exact: a hand edit is a failure, too.
        progress: told (what, done, total).

    Raises:
        UsageError: there is no such environment or release. ConfigError: a key cannot be read.
        StateError: the state is damaged, or cannot be read.
    """
    config = load_config(find_root(folder))
    name = config.environment(environment).name
    turn = 0
    while True:
        with read_state(config.root / STATE_FOLDER) as state:
            if state is None:
                return _nothing(name, number)
            work = _Verifying(config, name, number, exact, state, progress)
            found = work.done()
        turn += 1
        if found.clean or turn == _ROUNDS or not _moved(config.root / STATE_FOLDER, name, found, work.newest):
            return found
        time.sleep(_PAUSE_S)


def _nothing(environment: str, number: int | None) -> Verification:
    if number is not None:
        raise UsageError(
            f"{environment} has no release {number}; it has none yet", hint="`regen apply` makes the first"
        )
    return Verification(environment, None, None, (), (), 0, 0, 0, 0)


def _moved(folder: Path, environment: str, found: Verification, seen: int | None) -> bool:
    """Whether somebody deploys: what was found may be of one moment in its files, and of another in its records.

    Args:
        seen: the newest release when it was looked at.
    """
    with read_state(folder) as state:
        if state is None:
            return False
        newest = releases.current(state.db, environment)
        if newest is not None and newest.number != seen:
            return True
        if read_record(state.db, environment) is None:  # what was under way came to its end meanwhile
            return any(remark.part == "deployment" for remark in found.remarks)
        return lock.held(folder)


def keys_of(config: Config) -> tuple[Keys, tuple[Remark, ...]]:
    """The keys whose signatures count, and what is to be said of them. Raises ConfigError for one of `trust`."""
    trusted: dict[str, Ed25519PublicKey] = {}
    for name in config.receipts.trust:
        key = public_key(config.root / Path(name).expanduser())
        trusted[key_name(key)] = key
    file, remarks = key_file(config.root, config.receipts.key), []
    if file is not None:
        try:
            own = private_key(file).public_key()
            trusted[key_name(own)] = own
        except ConfigError as error:
            text = f"the key that signs cannot be read here, so `[receipts] trust` alone counts: {error.message}"
            remarks.append(Remark("signature", text, wrong=False))
    return Keys(trusted, wanted=bool(trusted) or file is not None), tuple(remarks)


@dataclass(slots=True)
class _Verifying:
    config: Config
    environment: str
    number: int | None
    exact: bool
    state: State
    progress: Progress
    files: int = 0
    blobs: int = 0
    newest: int | None = None
    remarks: list[Remark] = field(default_factory=list)

    def done(self) -> Verification:
        self._sound()
        database = self.state.db
        keys, said = keys_of(self.config)
        with database.snapshot():
            newest = releases.current(database, self.environment)
            self.newest = newest.number if newest is not None else None
            if self.number is not None:
                releases.release(database, self.environment, self.number)
            wanted = self.number if self.number is not None else newest.number if newest is not None else None
            stands = newest is None or wanted == newest.number
            chain = Chain(self.state, self.environment, keys)
            self.remarks += said
            self.remarks += (Remark("audit", text) for _, text in audit.check(database))
            self.remarks += chain.check(wanted, lambda done, total: self.progress("receipts", done, total))
            self.remarks += states(self.state, self.environment)
            self.remarks += self._blobs(self._named(wanted if self.number is not None else None))
            if stands:
                self.remarks += self._lock()
            if newest is not None and wanted is not None:
                self.remarks += self._disk(newest.number, wanted)
                self.remarks += self._targets(wanted if self.number is not None else None)
            rows, _ = audit.head(database)
        remarks = sorted(self.remarks, key=lambda one: not one.wrong)
        signed = chain.signed_by.get(wanted, ()) if wanted is not None else ()
        receipt = chain.given.get(wanted) if wanted is not None else None
        return Verification(
            self.environment,
            wanted,
            receipt,
            signed,
            tuple(remarks),
            chain.looked_at,
            rows,
            self.files,
            self.blobs,
        )

    def _sound(self) -> None:
        """Raise StateError where SQLite finds the database damaged."""
        wrong = self.state.db.check()
        if wrong:
            raise db.damaged(self.state.db.path, wrong[0].splitlines()[-1])

    def _named(self, number: int | None) -> dict[str, str]:
        """Digests of blobs with what needs them: of a release, or of everything that is kept."""
        database = self.state.db
        rows = database.iterate(
            "SELECT content, base, path, since FROM version WHERE environment = ?1 AND (?2 IS NULL OR"
            " (since <= ?2 AND (until IS NULL OR until > ?2))) ORDER BY since DESC, path DESC",
            (self.environment, number),
        )
        named = {digest: f"{path} of release {since}" for *digests, path, since in rows for digest in digests}
        if number is None:
            for select, what in _OTHERS:
                named.update((digest, what.format(name)) for digest, name in database.iterate(select))
        return named

    def _blobs(self, named: dict[str, str]) -> Iterator[Remark]:
        for count, (digest, what) in enumerate(sorted(named.items()), start=1):
            if count % 64 == 0 or count == len(named):
                self.progress("blobs", count, len(named))
            self.blobs += 1
            try:
                self.state.blobs.read(digest)
            except StateError as error:
                yield Remark("blob", f"{error.message}; {what} needs them", hint=error.hint)

    def _lock(self) -> Iterator[Remark]:
        try:
            paths = differing_lines(self.state, self.environment)
        except (StateError, ValueError) as error:
            place = error.where if isinstance(error, StateError) else str(self.state.lock_folder)
            text = error.message if isinstance(error, StateError) else f"it cannot be read: {error}"
            yield Remark("lock", f"{place}: {text}", hint="check it out again, or run `regen apply` to write it anew")
            return
        hint = "where git brought other lines, `regen apply` takes them into account"
        for path in paths:
            yield Remark(
                "lock", f"the line of {path} in regen.lock is not the one that was written", path=path, hint=hint
            )

    def _disk(self, newest: int, wanted: int) -> Iterator[Remark]:
        target = self.config.environment(self.environment).target
        tree = tree_of(self.state.db, self.environment) or target
        whole, root = tree != target, self.config.root / tree
        cut_off = deploy.interrupted(self.state, self.environment)
        if cut_off is not None:
            yield _cut_off(cut_off)
        number = None
        if wanted != newest:
            number, shown = wanted, root.resolve()
            root = shown.with_name(str(wanted))
            if shown.name != str(newest) or not root.is_dir():
                yield Remark("file", f"no folder of release {wanted} is kept, so no files were looked at", wrong=False)
                return
        skipped = set(cut_off.paths) if cut_off is not None else set()
        for one in differences(self.state.db, self.environment, root, whole=whole, number=number, told=self._told):
            if one.path not in skipped:
                yield _said(one, edits_count=whole or self.exact, release=wanted)

    def _targets(self, wanted: int | None) -> Iterator[Remark]:
        """Targets of a canary, each against the release that it got; those that are folders of this machine."""
        for row in rollouts.targets(self.state.db, self.environment).values():
            if row.tree is None or row.release is None or wanted not in (None, row.release):
                continue
            found = differences(
                self.state.db, self.environment, self.config.root / row.tree, whole=True, number=row.release
            )
            for one in found:
                remark = _said(one, edits_count=True, release=row.release)
                yield replace(remark, message=f"{row.target}: {remark.message}", hint=_TARGET_HINT)

    def _told(self, done: int, total: int) -> None:
        self.files = done
        self.progress("files", done, total)


def _cut_off(one: deploy.Interrupted) -> Remark:
    files = "1 file" if len(one.paths) == 1 else f"{len(one.paths):,} files"
    text = f"release {one.release} was cut off while it was deployed; {files} may be old or new"
    return Remark("deployment", text, release=one.release, hint="the next `regen apply` brings it to its end")


def _said(one: Wrong, *, edits_count: bool, release: int) -> Remark:
    match one.what:
        case "other bytes":
            text = (
                f"{one.path} is not as release {release} left it" if edits_count else f"{one.path} was edited by hand"
            )
            return Remark("file", text, edits_count, release, one.path)
        case "gone":
            hint = f"`regen restore {one.path}` brings it back"
            return Remark("file", f"{one.path} is missing", True, release, one.path, hint)
        case "still there":
            hint = "regen made the folder, and no release wrote the file: move it elsewhere"
            return Remark("file", f"{one.path} is of no release", True, release, one.path, hint)
        case "unreadable":
            text = f"{one.path} cannot be read: a link or a device stands there, or its permissions do not allow it"
            return Remark("file", text, True, release, one.path)
