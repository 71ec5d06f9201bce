"""Values of artifacts as they are spelt in the tables, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache

from regen.model.artifact import ArtifactId
from regen.model.merge import Conflict
from regen.state.records import key_term, key_text

Rows = tuple[tuple[str, str], ...]


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def rows_text(rows: Iterable[tuple[str, str]]) -> str:
    """(view, digest of the rows) pairs as JSON, sorted by view."""
    return f"[{','.join([f'[{_quoted(view)},{_quoted_digest(digest)}]' for view, digest in sorted(rows)])}]"


@lru_cache(maxsize=4096)
def _quoted(name: str) -> str:
    return _compact(name)


def _quoted_digest(digest: str) -> str:
    """Letters and digits need no escapes; asking costs less than the encoder does."""
    return f'"{digest}"' if digest.isalnum() else _compact(digest)


def rows_of(text: str) -> Rows:
    """The pairs of a spelling."""
    return tuple((view, digest) for view, digest in json.loads(text))


def conflicts_text(conflicts: Iterable[Conflict]) -> str:
    """Conflicts as JSON."""
    return _compact([[c.kind, c.message, c.ours_lines, c.base_lines, c.theirs_lines] for c in conflicts])


def conflicts_of(text: str) -> tuple[Conflict, ...]:
    """Conflicts from JSON."""
    return tuple(
        Conflict(kind, message, *(tuple(side) if side is not None else None for side in sides))
        for kind, message, *sides in json.loads(text)
    )


def artifact_text(artifact: ArtifactId) -> tuple[str, str]:
    """Template and key as two columns."""
    return artifact.template, key_text(artifact.key)


def artifact_of(template: str, key: str) -> ArtifactId:
    """The artifact of two columns."""
    return ArtifactId(template, key_term(key))
