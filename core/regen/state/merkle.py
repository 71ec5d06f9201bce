"""Merkle tree: what a release holds becomes one digest, kept up at the cost of what changed.

Why a trie over digests of paths: its shape follows from the set of files alone, so that equal trees have equal roots
whatever led there, and a change touches the few nodes above it, however the files lie in folders. A node of no more
than 32 files holds them itself: its data is 32 bytes BLAKE3 of the path and 32 bytes BLAKE3 of "path NUL digest" for
each, sorted. Above that it has a child for each next hex digit of the path's digest, and its data is their 16 digests,
32 zero bytes for none. The digest of a node is BLAKE3 of "leaves" or "inner" and its data; the root's is the tree's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from blake3 import blake3

from regen.state.db import Database

_MOST = 32  # files that a node holds itself: 2 KiB
_NONE = bytes(32)
_DIGITS = "0123456789abcdef"

_Leaves = dict[bytes, bytes]
"""Digest of the path → digest of path and content."""


@dataclass(frozen=True, slots=True)
class _Node:
    files: int
    inner: bool
    data: bytes

    @property
    def digest(self) -> bytes:
        return blake3((b"inner" if self.inner else b"leaves") + self.data).digest()

    def leaves(self) -> _Leaves:
        return {self.data[at : at + 32]: self.data[at + 32 : at + 64] for at in range(0, len(self.data), 64)}


def _bucket(leaves: _Leaves) -> _Node:
    return _Node(len(leaves), False, b"".join(name + leaves[name] for name in sorted(leaves)))


def _leaf(path: str, content: str) -> tuple[bytes, bytes]:
    return blake3(path.encode()).digest(), blake3(f"{path}\0{content}".encode()).digest()


def root_of(files: Iterable[tuple[str, str]]) -> str:
    """The root of a tree, in hex, computed from nothing but its (path, digest of the content) pairs."""
    return _built("", dict(_leaf(path, content) for path, content in files), {}).hex()


def _built(prefix: str, leaves: _Leaves, nodes: dict[str, _Node | None]) -> bytes:
    """The digest of the node that holds these leaves; it and those below it are put into `nodes`."""
    if len(leaves) <= _MOST:
        node = _bucket(leaves)
    else:
        parts: dict[str, _Leaves] = {}
        for name, leaf in leaves.items():
            parts.setdefault(name.hex()[len(prefix)], {})[name] = leaf
        children = (_built(prefix + digit, parts[digit], nodes) if digit in parts else _NONE for digit in _DIGITS)
        node = _Node(len(leaves), True, b"".join(children))
    nodes[prefix] = node
    return node.digest


def root(db: Database, environment: str) -> str:
    """The root of what stands in an environment, in hex, as it was kept up."""
    row = db.one("SELECT inner, data FROM tree_node WHERE environment = ? AND prefix = ''", (environment,))
    return (_Node(0, bool(row[0]), row[1]) if row is not None else _bucket({})).digest.hex()


def sound(db: Database, environment: str) -> bool:
    """Whether every node that is kept is what building the tree of what stands anew gives."""
    rows = db.execute("SELECT prefix, files, inner, data FROM tree_node WHERE environment = ?", (environment,))
    return _anew(db, environment) == {prefix: _Node(count, bool(inner), data) for prefix, count, inner, data in rows}


def _anew(db: Database, environment: str) -> dict[str, _Node | None]:
    select = "SELECT path, content FROM version WHERE environment = ? AND until IS NULL"
    nodes: dict[str, _Node | None] = {}
    _built("", dict(_leaf(path, content) for path, content in db.iterate(select, (environment,))), nodes)
    return nodes


def changed_by(db: Database, environment: str, number: int) -> set[str]:
    """Paths where a release begins or ends a version."""
    rows = db.execute(
        "SELECT path FROM version INDEXED BY version_since WHERE environment = ?1 AND since = ?2"
        " UNION SELECT path FROM version INDEXED BY version_until WHERE environment = ?1 AND until = ?2",
        (environment, number),
    )
    return {path for (path,) in rows}


def follow(db: Database, environment: str, paths: Iterable[str]) -> None:
    """Bring the tree up to the versions that stand at these paths now, inside a transaction."""
    wanted = set(paths)
    if db.one("SELECT 1 FROM tree_node WHERE environment = ? AND prefix = ''", (environment,)) is None:
        _write(db, environment, _anew(db, environment))
        return
    select = "SELECT path, content FROM version WHERE environment = ? AND until IS NULL AND path IN"
    now = dict(_leaf(path, content) for path, content in db.among(select, (environment,), wanted))
    changes = {name: now.get(name) for name in (blake3(path.encode()).digest() for path in wanted)}
    if changes:
        _write(db, environment, _Change(db, environment, changes).nodes())


class _Change:
    """Works out the nodes that other leaves change.

    Args:
        changes: the leaf of each name, None where it goes.
    """

    def __init__(self, db: Database, environment: str, changes: Mapping[bytes, bytes | None]) -> None:
        self._db = db
        self._environment = environment
        self._changes = changes
        self._known = dict(self._way())
        self._new: dict[str, _Node | None] = {}

    def nodes(self) -> dict[str, _Node | None]:
        """What is written, by prefix; None: it goes."""
        self._apply("", dict(self._changes))
        return {prefix: node for prefix, node in self._new.items() if node != self._known.get(prefix)}

    def _way(self) -> Iterator[tuple[str, _Node]]:
        """The nodes from the root to each changed leaf, read level by level."""
        names = [name.hex() for name in self._changes]
        wanted, depth = {""}, 0
        select = "SELECT prefix, files, inner, data FROM tree_node WHERE environment = ? AND prefix IN"
        while wanted:
            found = {
                row[0]: _Node(row[1], bool(row[2]), row[3])
                for row in self._db.among(select, (self._environment,), wanted)
            }
            yield from found.items()
            inner = {prefix for prefix, node in found.items() if node.inner}
            depth += 1
            wanted = {name[:depth] for name in names if name[: depth - 1] in inner}

    def _apply(self, prefix: str, changes: dict[bytes, bytes | None]) -> _Node | None:
        node = self._known.get(prefix)
        if node is not None and node.inner:
            return self._through(prefix, node, changes)
        leaves = node.leaves() if node is not None else {}
        leaves.update((name, leaf) for name, leaf in changes.items() if leaf is not None)
        for name in [name for name, leaf in changes.items() if leaf is None]:
            leaves.pop(name, None)
        return self._put(prefix, leaves)

    def _put(self, prefix: str, leaves: _Leaves) -> _Node | None:
        if not leaves and prefix:
            self._new[prefix] = None
            return None
        _built(prefix, leaves, self._new)
        return self._new[prefix]

    def _through(self, prefix: str, node: _Node, changes: dict[bytes, bytes | None]) -> _Node | None:
        parts: dict[str, dict[bytes, bytes | None]] = {}
        for name, leaf in changes.items():
            parts.setdefault(name.hex()[len(prefix)], {})[name] = leaf
        children, files = [node.data[at : at + 32] for at in range(0, 512, 32)], node.files
        for digit, part in parts.items():
            before = self._known.get(prefix + digit)
            after = self._apply(prefix + digit, part)
            files += (after.files if after is not None else 0) - (before.files if before is not None else 0)
            children[int(digit, 16)] = after.digest if after is not None else _NONE
        if files > _MOST:
            self._new[prefix] = _Node(files, True, b"".join(children))
            return self._new[prefix]
        return self._put(prefix, self._gathered(prefix))

    def _gathered(self, prefix: str) -> _Leaves:
        """All leaves below a node that has become small; the nodes below it go."""
        rows = self._db.execute(
            "SELECT prefix, files, inner, data FROM tree_node WHERE environment = ? AND prefix > ? AND prefix < ?",
            (self._environment, prefix, prefix + "g"),
        )
        below: dict[str, _Node | None] = {one: _Node(files, bool(inner), data) for one, files, inner, data in rows}
        self._known.update((one, node) for one, node in below.items() if node is not None)
        below.update((one, node) for one, node in self._new.items() if one.startswith(prefix) and one != prefix)
        leaves: _Leaves = {}
        for one, node in below.items():
            if node is not None and not node.inner:
                leaves.update(node.leaves())
            self._new[one] = None
        return leaves


def _write(db: Database, environment: str, nodes: Mapping[str, _Node | None]) -> None:
    db.many(
        "INSERT INTO tree_node (environment, prefix, files, inner, data) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET files = excluded.files, inner = excluded.inner, data = excluded.data",
        [
            (environment, prefix, node.files, node.inner, node.data)
            for prefix, node in nodes.items()
            if node is not None
        ],
    )
    gone = [(environment, prefix) for prefix, node in nodes.items() if node is None]
    db.many("DELETE FROM tree_node WHERE environment = ? AND prefix = ?", gone)
