"""`regen.lock`: what stands in an environment becomes lines that a team commits, merges and checks with.

Why many files: a commit writes the shards of the folders that it changed, and no others. A folder of the output is one
shard, `regen.lock/<environment>/<folder>.lock`, until it holds more than 256 artifacts; then its lines are spread by a
hash of the path over so many shards that they stay about as small. Readers take every line of every shard, so the
layout means nothing to them, and git merges lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from regen.errors import StateError
from regen.model.artifact import ArtifactId
from regen.state import faults
from regen.state.blobs import digest_of
from regen.state.codec import artifact_of, artifact_text
from regen.state.flushing import Flushing
from regen.state.opening import State
from regen.state.plain import plain_bytes, refuse_links

DELETED = "-"
"""In place of a base: a person deleted the file, and it stays deleted in every clone."""
_SUFFIX = ".lock"
_LINES_A_SHARD = 256
_TOGETHER_FROM = 1000  # lines; so many are in some tens of shards, which are flushed at once
_NEEDS_ESCAPE = re.compile(r"[\\\t\n\r]")
_TABS = 4  # between the five fields of a line
_FOLDED = 16  # shards that a folder is split into at a time: one digit of a digest
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass(frozen=True, slots=True)
class LockLine:
    """One artifact in the lock.

    Attributes:
        inputs: digest of what it was rendered from: the template and the rows of its views.
        base: digest of the last render in the file; DELETED where a person deleted it.
    """

    path: str
    artifact: ArtifactId
    inputs: str
    base: str

    def __str__(self) -> str:
        return _line(self.path, *artifact_text(self.artifact), self.inputs, self.base)


def write_dirty(state: State, environment: str) -> int:
    """Write the lines that are behind; gives how many files changed. Raises StateError.

    Called after a commit and by recovery; a shard whose bytes would be the same is not written.
    """
    rows = state.db.execute(
        "SELECT folder, path FROM lock_dirty WHERE environment = ? ORDER BY folder, path", (environment,)
    )
    if not rows:
        return 0
    behind: dict[str, list[str]] = {}
    for folder, path in rows:
        behind.setdefault(folder, []).append(path)
    written = 0
    lengths: dict[str, int] = {}
    flushing = Flushing(together=len(rows) >= _TOGETHER_FROM)
    if flushing.together:
        _distrust(state, environment, behind)
    try:
        for folder, paths in behind.items():
            faults.point("lockfile.shard")
            changed, lengths[folder] = _write_folder(state, environment, folder, paths, flushing)
            written += changed
        flushing.end(state.lock_folder)
    except OSError as error:
        raise StateError(
            f"{state.lock_folder} cannot be written: {error.strerror}; the release itself is deployed",
            hint="make it writable or free some space; the next command writes it",
        ) from error
    with state.db.transaction(durable=False):
        state.db.execute("DELETE FROM lock_dirty WHERE environment = ?", (environment,))
        state.db.many(
            "INSERT OR REPLACE INTO lock_folder VALUES (?, ?, ?)",
            [(environment, folder, length) for folder, length in lengths.items()],
        )
    return written


def _distrust(state: State, environment: str, folders: Iterable[str]) -> None:
    """Have these folders written as a whole, also after a power cut: it may leave shards empty that are not flushed."""
    known = list(
        state.db.among(
            "SELECT folder FROM lock_folder WHERE environment = ? AND folder IN", [environment], list(folders)
        )
    )
    if known:
        with state.db.transaction():
            state.db.many(
                "DELETE FROM lock_folder WHERE environment = ? AND folder = ?", [(environment, row[0]) for row in known]
            )


def _write_folder(
    state: State, environment: str, folder: str, behind: list[str], flushing: Flushing
) -> tuple[int, int]:
    """Bring the shards of a folder up; gives how many files changed, and how many lines they hold now.

    Lines are put into the shards that are there, so that a large folder costs no more than a small one; where that is
    not enough (too many lines for the shards, a shard that is gone or damaged), all of them are made anew.
    """
    stem = shard_stem(state.lock_folder / _escaped(environment), folder)
    refuse_links(state.lock_folder, stem.parent)
    edited = _edited(state, environment, folder, behind, stem)
    if edited is None:
        lines = sorted(lines_of(state, environment, folder))
        return _write_all(state, stem, _spread(lines), flushing), len(lines)
    shards, length = edited
    for path, text in sorted(shards.items()):
        flushing.write(path, text)
    return len(shards), length


def _edited(
    state: State, environment: str, folder: str, behind: list[str], stem: Path
) -> tuple[dict[Path, bytes], int] | None:
    """The shards whose bytes change, and the new number of lines; None where the whole folder has to be written."""
    row = state.db.one("SELECT lines FROM lock_folder WHERE environment = ? AND folder = ?", (environment, folder))
    if row is None or len(behind) > _LINES_A_SHARD:
        return None
    length = before = int(row[0])
    digits, shards = _digits(before), dict[Path, bytes]()
    by_mark: dict[str, list[str]] = {}
    for path in behind:
        by_mark.setdefault(_mark(_line(path), digits), []).append(path)
    for mark, paths in by_mark.items():
        shard = stem.with_name(f"{stem.name}{mark}{_SUFFIX}")
        old = plain_bytes(shard)
        if old is None:
            return None
        lines = {line.partition("\t")[0]: line for line in old.decode(errors="replace").split("\n")[:-1]}
        length -= len(lines)
        for path in paths:
            lines.pop(_line(path), None)
            lines.update((_line(path), line) for line in lines_of(state, environment, folder, path))
        length += len(lines)
        new = "".join(f"{line}\n" for line in sorted(lines.values())).encode()
        if not lines or any(line.count("\t") != _TABS for line in lines.values()):
            return None
        if new != old:
            shards[shard] = new
    return (shards, length) if _digits(length) == digits else None


def _write_all(state: State, stem: Path, shards: dict[str, bytes], flushing: Flushing) -> int:
    written = 0
    wanted = {stem.with_name(f"{stem.name}{mark}{_SUFFIX}"): text for mark, text in shards.items()}
    for path, text in sorted(wanted.items()):
        if plain_bytes(path) != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            flushing.write(path, text)
            written += 1
    for path in _shards_of(stem):
        if path not in wanted:
            path.unlink()
            written += 1
    if not wanted:
        _remove_empty(stem.parent, state.lock_folder)
    return written


def lines_of(state: State, environment: str, folder: str, path: str | None = None) -> list[str]:
    """The lines of a folder; with a path, the one line of it, where it has one."""
    select = "SELECT path, template, key, template_digest, rows, CASE state WHEN 'deleted' THEN ?2 ELSE base END"
    where = "environment = ?1 AND base IS NOT NULL AND path IS NOT NULL"
    if path is None:
        query = f"{select} FROM artifact INDEXED BY artifact_folder WHERE folder = ?3 AND {where}"
    else:
        query = f"{select} FROM artifact WHERE path = ?3 AND {where}"
    rows = state.db.execute(query, (environment, DELETED, folder if path is None else path))
    return [
        _line(path, template, key, digest_of(f"{digest}\n{views}".encode()), base)
        for path, template, key, digest, views, base in rows
    ]


def _line(*fields: str) -> str:
    return "\t".join(field.translate(_ESCAPES) if _NEEDS_ESCAPE.search(field) else field for field in fields)


def _spread(lines: list[str]) -> dict[str, bytes]:
    """Text by shard mark; "" for a folder that needs one shard, nothing for an empty folder."""
    digits = _digits(len(lines))
    shards: dict[str, list[str]] = {}
    for line in lines:
        shards.setdefault(_mark(line.partition("\t")[0], digits), []).append(line)
    return {mark: ("\n".join(part) + "\n").encode() for mark, part in shards.items()}


def lock_of(folder: Path, environment: str) -> Path:
    """The folder of an environment's shards below the lock's."""
    return folder / _escaped(environment)


def _digits(lines: int) -> int:
    """How many digits of a digest tell the shards of so many lines apart."""
    digits = 0
    while lines > _LINES_A_SHARD * _FOLDED**digits:
        digits += 1
    return digits


def _mark(path: str, digits: int) -> str:
    """What a shard's name has behind its folder's, for a path as the lock spells it."""
    return f"%x{digest_of(path.encode())[:digits]}" if digits else ""


def shard_stem(folder: Path, output_folder: str) -> Path:
    """Where the shard of an output folder ("" for the root, else with a last slash) lies, without its suffix.

    "%" and a ".lock" at the end of a folder's name are escaped, so that no folder's shard is in the way of another.
    """
    if not output_folder:
        return folder / "%root"
    return folder.joinpath(*(_escaped(part) for part in output_folder.rstrip("/").split("/")))


def _escaped(name: str) -> str:
    name = name.replace("%", "%25")
    return name.removesuffix(_SUFFIX) + "%2Elock" if name.endswith(_SUFFIX) else name


def _shards_of(stem: Path) -> list[Path]:
    """Shards of one folder that exist; "%x" and digits of a digest may follow its name."""
    if not stem.parent.is_dir():
        return []
    names = [f for f in stem.parent.iterdir() if f.suffix == _SUFFIX and f.is_file()]
    return [f for f in names if f.name.removesuffix(_SUFFIX) == stem.name or _is_part(f, stem.name)]


def _is_part(file: Path, name: str) -> bool:
    rest = file.name.removesuffix(_SUFFIX).removeprefix(f"{name}%x")
    return f"{name}%x{rest}{_SUFFIX}" == file.name and bool(rest) and set(rest) <= set("0123456789abcdef")


def _remove_empty(folder: Path, root: Path) -> None:
    with suppress(OSError):  # not empty: then it stays
        while folder not in (root, root.parent):
            folder.rmdir()
            folder = folder.parent


def read_lock(folder: Path, environment: str) -> dict[ArtifactId, LockLine]:
    """Every artifact that the lock of an environment names, for a clone without `.regen/`.

    Raises StateError with file and line where a line is no line of a lock, such as a conflict marker of git.
    """
    found: dict[ArtifactId, LockLine] = {}
    for path in sorted((folder / _escaped(environment)).rglob(f"*{_SUFFIX}")):
        for number, text in enumerate((plain_bytes(path) or b"").decode(errors="replace").split("\n")[:-1], start=1):
            line = _parse(text, f"{path}:{number}")
            found[line.artifact] = line
    return found


def _parse(text: str, where: str) -> LockLine:
    fields = [unescaped(field) for field in text.split("\t")]
    try:
        path, template, key, inputs, base = fields
        return LockLine(path, artifact_of(template, key), inputs, base)
    except ValueError:
        raise StateError(
            "this is no line of a lock",
            where=where,
            hint="keep either side where git left conflict markers, then run `regen apply`",
        ) from None


def unescaped(field: str) -> str:
    """A field of a line as it was before it was written."""
    if "\\" not in field:
        return field
    parts = field.split("\\\\")
    return "\\".join(p.replace("\\t", "\t").replace("\\n", "\n").replace("\\r", "\r") for p in parts)
