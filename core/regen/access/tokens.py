"""Tokens: secrets that regen gives out once; `.regen/tokens.json` keeps a digest of each.

Why a file of its own beside `state.db`: tokens are made and taken back while a watch holds the project, a server reads
them at each request without waiting for anybody, and nobody but its owner may read it. Why a plain digest: a token has
256 random bits, so there is nothing to guess.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from regen.access.roles import RIGHTS, Role
from regen.errors import StateError, UsageError
from regen.state.durably import sync_folders, write_all

NAME: Final = "tokens.json"
PREFIX: Final = "rgn_"
_LOCK = "tokens.lock"
_RANDOM_BYTES = 32
_LONGEST = 200  # letters of what is taken for a token at all
_DAY_S = 86_400.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a token.

    Attributes:
        name: who it was made for.
        role: what its holder may do.
        digest: SHA-256 of the token in hex.
        created, expires: seconds since the epoch, UTC; `expires` None: never.
    """

    name: str
    role: Role
    digest: str
    created: float
    expires: float | None = None

    def good(self, now: float) -> bool:
        """Whether it opens anything at this time; seconds since the epoch, UTC."""
        return self.expires is None or now < self.expires


class TokenStore:
    """The tokens of one project. Methods may be called from any thread and process.

    Args:
        folder: `.regen`.
        clock: seconds since the epoch, UTC.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._file, self._clock = folder, folder / NAME, clock
        self._seen: tuple[int, int, int] | None = None
        self._kept: tuple[Kept, ...] = ()

    def create(self, name: str, role: Role, *, days: float | None = None) -> str:
        """Make a token, which is shown this once and never again.

        Args:
            name: who it is for; letters, digits and `._@-`.
            role: what its holder may do.
            days: after which it opens nothing any more; None: never.

        Raises:
            UsageError: the name cannot be one, or there is a token of that name. StateError: it cannot be kept.
        """
        if not _NAME.fullmatch(name):
            hint = "letters, digits and `._@-`, at most 64, the first a letter or a digit"
            raise UsageError(f"a token cannot be named {name!r}", hint=hint)
        if days is not None and not 0 < days <= 36_500:
            raise UsageError(f"a token cannot expire in {days:g} days", hint="give a number above 0, at most 36500")
        secret, now = PREFIX + secrets.token_urlsafe(_RANDOM_BYTES), self._clock()
        made = Kept(name, role, _digest(secret), now, None if days is None else now + days * _DAY_S)
        with self._writing() as kept:
            if any(one.name == name for one in kept):
                hint = f"`regen token revoke {name}` takes it back"
                raise UsageError(f"there is a token named {name!r} already", hint=hint)
            self._write((*kept, made))
        return secret

    def revoke(self, name: str) -> None:
        """Take a token back; what it opened stays closed from the next request on.

        Raises:
            UsageError: there is none of that name. StateError: that cannot be kept.
        """
        with self._writing() as kept:
            left = tuple(one for one in kept if one.name != name)
            if len(left) == len(kept):
                raise UsageError(f"there is no token named {name!r}", hint="`regen token list` names them")
            self._write(left)

    def tokens(self) -> tuple[Kept, ...]:
        """Every token by name, those that expired too. Raises StateError where the file cannot be read."""
        return tuple(sorted(self._read(), key=lambda one: one.name))

    def find(self, secret: str) -> Kept | None:
        """Whose token it is; None where it is nobody's, or expired.

        Every kept digest is compared, each in constant time, so that how long it takes tells nothing.
        Raises StateError where the file cannot be read.
        """
        asked, found = _digest(secret[:_LONGEST]), None
        for one in self._read():
            if hmac.compare_digest(one.digest, asked):
                found = one
        return found if found is not None and found.good(self._clock()) else None

    def named(self, name: str) -> Kept | None:
        """The token of that name, where it still opens something."""
        found = next((one for one in self._read() if one.name == name), None)
        return found if found is not None and found.good(self._clock()) else None

    def _read(self) -> tuple[Kept, ...]:
        try:
            found = self._file.stat()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self._unreadable(error.strerror or str(error)) from error
        seen = (found.st_ino, found.st_mtime_ns, found.st_size)
        if seen != self._seen:
            self._kept, self._seen = self._parsed(), seen
        return self._kept

    def _parsed(self) -> tuple[Kept, ...]:
        try:
            rows = json.loads(self._file.read_bytes())["tokens"]
            kept = tuple(Kept(**row) for row in rows)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise self._unreadable(str(error)) from None
        if any(one.role not in RIGHTS for one in kept):
            raise self._unreadable("it names a role that there is not")
        return tuple(replace(one, digest=str(one.digest)) for one in kept)

    def _unreadable(self, why: str) -> StateError:
        hint = "make it readable for this user alone, or delete it: that takes every token back"
        return StateError(f"the tokens cannot be read: {why}", where=str(self._file), hint=hint)

    @contextmanager
    def _writing(self) -> Iterator[tuple[Kept, ...]]:
        """The tokens, while no other process changes them."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            ignore = self._folder / ".gitignore"
            if not ignore.exists():  # before the first cycle, too, nobody commits it by mistake
                ignore.write_text("*\n", encoding="utf-8")
            fd = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            hint = f"make {self._folder} writable for this user"
            raise StateError(f"tokens cannot be kept: {error.strerror}", where=str(self._folder), hint=hint) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield self._read()
        finally:
            os.close(fd)

    def _write(self, kept: tuple[Kept, ...]) -> None:
        """Whole or not at all, and never readable for others, not for a moment either."""
        text = json.dumps({"tokens": [asdict(one) for one in kept]}, indent=2) + "\n"
        new = self._file.with_name(f".{NAME}.new")
        try:
            new.unlink(missing_ok=True)
            fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                write_all(fd, text.encode())
                os.fsync(fd)
            finally:
                os.close(fd)
            new.rename(self._file)
            sync_folders([self._folder])
        except OSError as error:
            hint = "free some space or make it writable; run it again"
            raise StateError(f"tokens cannot be kept: {error.strerror}", where=str(self._file), hint=hint) from error


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
