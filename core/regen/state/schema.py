"""The tables of `state.db`, by version; a migration is a numbered script that is never edited once released.

What each part holds: `file`, `revision` the dataset and its history; `template` the inputs beside it; `artifact`,
`version`, `release` what stands where; `stale` what is known to be affected; `commit_*` the one commit record.
Digests are BLAKE3 in hex; times are seconds since the epoch, UTC; terms are N-Triples.
"""

from __future__ import annotations

from regen.state.schema_first import FIRST

MIGRATIONS: tuple[str, ...] = (
    FIRST,
    """
    -- The last render in a kept edit, and when a person had the edit back.
    ALTER TABLE kept_edit ADD COLUMN base TEXT;
    ALTER TABLE kept_edit ADD COLUMN restored REAL;
    """,
    """
    -- Small blobs that regen can do without: kept here until there are so many that they are packed.
    CREATE TABLE small_blob (digest TEXT PRIMARY KEY, codec INTEGER NOT NULL, data BLOB NOT NULL) WITHOUT ROWID;
    """,
    """
    -- How persons settled conflicts: the text with markers, and what they made of it; `name` is of the conflicts in it.
    CREATE TABLE resolution (
        name TEXT PRIMARY KEY, marked TEXT NOT NULL, content TEXT NOT NULL, path TEXT NOT NULL, at REAL NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    -- Who did what: rows are only added; `digest` is over the row and the digest of the one before.
    CREATE TABLE audit (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, action TEXT NOT NULL, outcome TEXT NOT NULL,
        environment TEXT, subject TEXT NOT NULL, why TEXT NOT NULL, before INTEGER, after INTEGER, user TEXT NOT NULL,
        uid INTEGER NOT NULL, machine TEXT NOT NULL, sudo TEXT, digest TEXT NOT NULL
    );
    CREATE TRIGGER audit_update BEFORE UPDATE ON audit BEGIN
        SELECT RAISE(ABORT, 'rows of the audit are never changed');
    END;
    CREATE TRIGGER audit_delete BEFORE DELETE ON audit BEGIN
        SELECT RAISE(ABORT, 'rows of the audit are never deleted');
    END;
    """,
    """
    -- The inputs of a cycle that made way for the rollback.
    ALTER TABLE hold ADD COLUMN interrupted TEXT;
    -- Environments that automatic cycles leave alone, for a rollback found no good release to go to.
    CREATE TABLE freeze (
        environment TEXT PRIMARY KEY, release INTEGER NOT NULL, at REAL NOT NULL, why TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    -- The blob that holds a release's receipt; NULL for a release that was made before there were any.
    ALTER TABLE release ADD COLUMN receipt TEXT;
    -- Nodes of the tree over what stands, by the first hex digits of the digests of paths; `data`: regen.state.merkle.
    CREATE TABLE tree_node (
        environment TEXT NOT NULL, prefix TEXT NOT NULL, files INTEGER NOT NULL, inner INTEGER NOT NULL,
        data BLOB NOT NULL, PRIMARY KEY (environment, prefix)
    ) WITHOUT ROWID;
    """,
    """
    -- The part of the version that a release asks to grow, and the version that it was given.
    ALTER TABLE release ADD COLUMN suggests TEXT;
    ALTER TABLE release ADD COLUMN version TEXT;
    """,
    """
    -- What gates said of each release before it was made; `results` is JSON, see regen.state.evaluations.
    CREATE TABLE evaluation (
        environment TEXT NOT NULL, release INTEGER NOT NULL, results TEXT NOT NULL, PRIMARY KEY (environment, release)
    ) WITHOUT ROWID;
    """,
    """
    -- Automatic rollbacks: `release` is null while one is under way, which the next start brings to its end.
    CREATE TABLE rescue (
        number INTEGER PRIMARY KEY AUTOINCREMENT, environment TEXT NOT NULL, probe TEXT NOT NULL, trigger TEXT NOT NULL,
        left INTEGER NOT NULL, since REAL NOT NULL, message TEXT NOT NULL, release INTEGER, rollback_s REAL
    );
    CREATE INDEX rescue_environment ON rescue (environment);
    -- How the cycles of a watch ended.
    CREATE TABLE cycle (environment TEXT NOT NULL, at REAL NOT NULL, failed INTEGER NOT NULL);
    CREATE INDEX cycle_at ON cycle (environment, at);
    -- Alerts that are open.
    CREATE TABLE alert (
        key TEXT PRIMARY KEY, environment TEXT NOT NULL, severity TEXT NOT NULL, message TEXT NOT NULL,
        at REAL NOT NULL, since REAL NOT NULL, count INTEGER NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    -- What gates note of files, to find them again; see regen.state.hints.
    CREATE TABLE hint (
        environment TEXT NOT NULL, gate TEXT NOT NULL, key TEXT NOT NULL, path TEXT NOT NULL,
        PRIMARY KEY (environment, gate, key, path)
    ) WITHOUT ROWID;
    CREATE TABLE hinted (
        environment TEXT NOT NULL, gate TEXT NOT NULL, release INTEGER NOT NULL, PRIMARY KEY (environment, gate)
    ) WITHOUT ROWID;
    """,
    """
    -- Canary environments: how far each release came, and what each target holds. `steps`, `rounds` are JSON.
    CREATE TABLE rollout (
        environment TEXT NOT NULL, release INTEGER NOT NULL, stable INTEGER, steps TEXT NOT NULL, state TEXT NOT NULL,
        step INTEGER NOT NULL, since REAL NOT NULL, weight INTEGER NOT NULL, rounds TEXT NOT NULL, asked REAL,
        why TEXT NOT NULL, PRIMARY KEY (environment, release)
    ) WITHOUT ROWID;
    CREATE TABLE rollout_target (
        environment TEXT NOT NULL, target TEXT NOT NULL, release INTEGER, at REAL NOT NULL, error TEXT,
        PRIMARY KEY (environment, target)
    ) WITHOUT ROWID;
    """,
    """
    -- The folder in which a target's files are read; null where that is not on this machine.
    ALTER TABLE rollout_target ADD COLUMN tree TEXT;
    """,
    """
    -- Cycles that are over, see regen.model.cycle; `counts`, `stages`, `shares` are JSON.
    DROP TABLE cycle;
    CREATE TABLE cycle (
        number INTEGER PRIMARY KEY AUTOINCREMENT, environment TEXT NOT NULL, kind TEXT NOT NULL, trigger TEXT NOT NULL,
        at REAL NOT NULL, duration_s REAL NOT NULL, cpu_s REAL NOT NULL, result TEXT NOT NULL, error TEXT,
        exit_code INTEGER NOT NULL, trace_id TEXT, span_id TEXT, release INTEGER, revision INTEGER NOT NULL,
        delay_s REAL, workers INTEGER NOT NULL, executor TEXT, counts TEXT NOT NULL, stages TEXT NOT NULL,
        shares TEXT NOT NULL
    );
    CREATE INDEX cycle_at ON cycle (at);
    CREATE INDEX cycle_environment ON cycle (environment, kind, at);
    -- Single values that were measured, see regen.model.measure.
    CREATE TABLE measure (
        number INTEGER PRIMARY KEY AUTOINCREMENT, metric TEXT NOT NULL, at REAL NOT NULL, value REAL NOT NULL,
        unit TEXT NOT NULL, environment TEXT, label TEXT NOT NULL
    );
    CREATE INDEX measure_metric ON measure (metric, at);
    """,
    """
    -- An edge: the hub's releases as they came to stand here. The last row is what stands; `number` is the release of
    -- this state, `hub` the hub's; `kind` "deployed" or "rolled back"; `healthy` is null while nobody has asked.
    CREATE TABLE edge_release (
        position INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL, hub INTEGER NOT NULL,
        receipt TEXT NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL, record TEXT NOT NULL,
        healthy INTEGER
    );
    -- What happened here, to be told to the hub; `content` is the blob of an edit. Each has its place in the outbox by
    -- a trigger, so in the same transaction.
    CREATE TABLE edge_record (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, at REAL NOT NULL,
        release INTEGER, data TEXT NOT NULL, content TEXT
    );
    CREATE TABLE outbox (
        sequence INTEGER PRIMARY KEY, state TEXT NOT NULL DEFAULT 'pending', attempts INTEGER NOT NULL DEFAULT 0,
        due REAL NOT NULL DEFAULT 0, error TEXT, sent REAL
    );
    CREATE INDEX outbox_state ON outbox (state, sequence);
    -- The bytes last recorded of each file that a person changed here; null: it was deleted.
    CREATE TABLE edge_edited (path TEXT PRIMARY KEY, content TEXT) WITHOUT ROWID;
    CREATE TABLE edge_traffic (day TEXT PRIMARY KEY, down INTEGER NOT NULL, up INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TRIGGER edge_record_waits AFTER INSERT ON edge_record BEGIN
        INSERT INTO outbox (sequence) VALUES (new.sequence);
    END;
    CREATE TRIGGER edge_record_goes AFTER DELETE ON edge_record BEGIN
        DELETE FROM outbox WHERE sequence = old.sequence;
    END;
    CREATE TRIGGER edge_release_told AFTER INSERT ON edge_release BEGIN
        INSERT INTO edge_record (id, kind, at, release, data)
        VALUES (new.record, new.kind, new.at, new.hub, new.data);
    END;
    -- A release that could not be deployed is taken back: then it was never deployed.
    CREATE TRIGGER edge_release_taken_back AFTER DELETE ON edge_release BEGIN
        DELETE FROM edge_record WHERE id = old.record;
    END;
    -- A person's bytes that left the disk before anybody had recorded them.
    CREATE TRIGGER edge_edit_kept AFTER INSERT ON kept_edit
    WHEN EXISTS (SELECT 1 FROM meta WHERE name = 'edge id')
        AND NOT EXISTS (SELECT 1 FROM edge_edited WHERE path = new.path AND content = new.content) BEGIN
        INSERT INTO edge_record (id, kind, at, release, data, content) VALUES (
            lower(hex(randomblob(16))), 'edit', new.at,
            (SELECT hub FROM edge_release ORDER BY position DESC LIMIT 1),
            json_object('path', new.path, 'base', new.base, 'digest', new.content, 'why', new.why), new.content);
    END;

    -- A hub: its edges, each message of theirs once, and the hand edits that came with them.
    CREATE TABLE edge_node (
        name TEXT PRIMARY KEY, id TEXT NOT NULL, environment TEXT NOT NULL, release INTEGER, released INTEGER NOT NULL,
        first REAL NOT NULL, seen REAL NOT NULL, pending INTEGER NOT NULL, version TEXT NOT NULL, latency_s REAL,
        messages INTEGER NOT NULL, healthy INTEGER
    ) WITHOUT ROWID;
    CREATE TABLE edge_message (
        edge TEXT NOT NULL, id TEXT NOT NULL, sequence INTEGER NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL,
        received REAL NOT NULL, release INTEGER, data TEXT NOT NULL, PRIMARY KEY (edge, id)
    ) WITHOUT ROWID;
    CREATE INDEX edge_message_received ON edge_message (received);
    -- Why bytes and no blob: who receives them is not the holder of the project, and blobs that nothing named yet
    -- would be pruned.
    CREATE TABLE edge_edit (
        number INTEGER PRIMARY KEY AUTOINCREMENT, edge TEXT NOT NULL, message TEXT NOT NULL,
        sequence INTEGER NOT NULL, environment TEXT NOT NULL, path TEXT NOT NULL, release INTEGER, base TEXT,
        digest TEXT, content BLOB, at REAL NOT NULL, received REAL NOT NULL, outcome TEXT NOT NULL,
        UNIQUE (edge, message)
    );
    CREATE INDEX edge_edit_path ON edge_edit (edge, environment, path);
    """,
    """
    -- What is known of each source that regen learns from, and what a write of its file will make of that; JSON, see
    -- regen.state.learning.
    CREATE TABLE learning (name TEXT PRIMARY KEY, row TEXT NOT NULL, intended TEXT) WITHOUT ROWID;
    """,
    """
    -- What figures need of a cycle lies in one index, so that no row is read for it; see regen.figures.facts.
    ALTER TABLE cycle ADD COLUMN merges INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE cycle ADD COLUMN merge_conflicts INTEGER NOT NULL DEFAULT 0;
    UPDATE cycle SET merges = coalesce(json_extract(counts, '$.merges'), 0),
        merge_conflicts = coalesce(json_extract(counts, '$.merge_conflicts'), 0);
    DROP INDEX cycle_at;
    CREATE INDEX cycle_figures ON cycle (
        at, environment, kind, result, duration_s, cpu_s, delay_s, merges, merge_conflicts
    );
    DROP INDEX measure_metric;
    CREATE INDEX measure_metric ON measure (metric, at, value, unit, environment);
    """,
    """
    -- Changes of settings by the feedback loop, see regen.model.tuning; `before`, `after` are JSON.
    CREATE TABLE tuning (
        number INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, environment TEXT, setting TEXT NOT NULL,
        before TEXT NOT NULL, after TEXT NOT NULL, reason TEXT NOT NULL, p95_s REAL, waiting_s REAL, left_s REAL
    );
    -- What people said of artifacts.
    CREATE TABLE judgement (
        number INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, environment TEXT NOT NULL, path TEXT NOT NULL,
        template TEXT NOT NULL, key TEXT NOT NULL, content TEXT, release INTEGER, score REAL NOT NULL,
        text TEXT NOT NULL, by TEXT NOT NULL
    );
    CREATE INDEX judgement_artifact ON judgement (environment, template, key, number);
    """,
)
