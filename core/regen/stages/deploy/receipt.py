"""Receipt: a release becomes an in-toto statement, in the transaction that makes the release.

Why amended, not written later: a release is durable before its files are switched, and so must its receipt be. A file
that somebody edits in that moment is merged once more, and the receipt says what then stands there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from regen.model.evaluated import Evaluated
from regen.model.finding import Finding
from regen.model.receipt import Facts, Materials
from regen.model.release import Release
from regen.stages.deploy.values import Target
from regen.state import audit, merkle, receipts
from regen.state.envelope import canonical, opened
from regen.state.opening import State
from regen.state.releases import release
from regen.version import __version__

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:regen:receipt:1"
"""The type of the predicate, whose fields docs/receipts.md describes."""
TREE = "./"
"""The subject that stands for all files of the release: no file has this name."""
TREE_DIGEST = "regenTree1"
"""How its digest is made: see `regen.state.merkle`."""


def give_receipt(
    state: State, target: Target, number: int, facts: Facts, fresh: Mapping[str, bytes] | None = None
) -> None:
    """Write the receipt of a release whose rows are written, inside the transaction of the commit.

    Args:
        fresh: bytes that were stored a moment ago, by digest.

    Raises ConfigError where the key cannot be used that signs it.
    """
    made = release(state.db, target.environment, number)
    predicate: dict[str, Any] = {
        "environment": {"name": target.environment, "deployer": facts.deployer, "target": facts.target},
        "chain": _chain(state, made),
        "inputs": {
            "digest": made.inputs,
            "dataset": facts.dataset,
            "configuration": facts.configuration,
            "graphs": _materials(facts.graphs),
            "templates": _materials(facts.templates),
        },
        "tool": {"name": "regen", "version": __version__, "plugins": list(facts.plugins)},
        "gates": [gate_part(gate) for gate in facts.gates],
        "who": asdict(audit.who()),
    }
    merkle.follow(state.db, target.environment, merkle.changed_by(state.db, target.environment, number))
    _store(state, target, made, predicate, fresh or {})


def amend_receipt(state: State, target: Target, number: int, paths: Iterable[str]) -> None:
    """Bring the receipt of a release under way up to what its races were settled to, inside their transaction."""
    merkle.follow(state.db, target.environment, paths)
    digest = receipts.digest_of_receipt(state.db, target.environment, number)
    if digest is not None:
        statement = json.loads(opened(state.blobs.read(digest)).payload)
        _store(state, target, release(state.db, target.environment, number), statement["predicate"], {})


def _store(state: State, target: Target, made: Release, predicate: dict[str, Any], fresh: Mapping[str, bytes]) -> None:
    """Write what the rows say of a release beside what `predicate` says already."""
    environment = target.environment
    subjects = [
        _subject(fresh[content] if content in fresh else state.blobs.read(content), path, content, base)
        for path, content, base in receipts.begun(state.db, environment, made.number)
    ]
    predicate["release"] = release_part(made)
    predicate["removed"] = receipts.ended(state.db, environment, made.number)
    tree = {"name": TREE, "digest": {TREE_DIGEST: merkle.root(state.db, environment)}}
    statement = {"_type": STATEMENT, "subject": [tree, *subjects], "predicateType": PREDICATE, "predicate": predicate}
    (digest,) = state.blobs.put_soon([target.seal(canonical(statement))])
    receipts.name_receipt(state.db, environment, made.number, digest)


def release_part(made: Release) -> dict[str, Any]:
    """What a receipt says of its release's own row."""
    return {
        "number": made.number,
        "parent": made.parent,
        "restores": made.restores,
        "revision": made.revision,
        "at": datetime.fromtimestamp(made.at, UTC).isoformat(timespec="microseconds"),
        "complete": made.complete,
        "counts": {
            "created": made.created,
            "updated": made.updated,
            "merged": made.merged,
            "deleted": made.deleted,
        },
        "note": made.note,
        "version": made.version,
        "suggests": made.suggests,
    }


def _chain(state: State, made: Release) -> dict[str, Any]:
    before = None
    if made.parent is not None:
        before = receipts.digest_of_receipt(state.db, made.environment, made.parent)
    row, digest = audit.head(state.db)
    return {"parent": before, "audit": {"row": row, "digest": digest}}


def _subject(data: bytes, path: str, content: str, base: str) -> dict[str, Any]:
    subject: dict[str, Any] = {"name": path, "digest": {"blake3": content, "sha256": sha256(data).hexdigest()}}
    if base != content:
        subject["annotations"] = {"base": base}  # the render in a file that a person edited
    return subject


def _materials(found: Materials) -> dict[str, Any]:
    files = [{"name": name, "digest": {"blake3": digest}} for name, digest in found.files]
    listed = {"files": files} if len(files) == found.count else {}
    return {"count": found.count, "digest": {"blake3": found.digest}, **listed}


def gate_part(gate: Evaluated) -> dict[str, Any]:
    """What a receipt says of a gate."""
    return {
        "name": gate.gate,
        "outcome": gate.outcome,
        "findings": [_finding(finding) for finding in gate.findings],
        "figures": [{"name": one.name, "value": repr(one.value), "unit": one.unit} for one in gate.figures],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {"severity": finding.severity, "path": finding.path, "line": finding.line, "message": finding.message}
