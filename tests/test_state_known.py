"""What was read of the state is known until a row changes; then it is asked again."""

from __future__ import annotations

from pathlib import Path

import pytest

from regen.state.db import Database


def test_what_is_known_is_asked_again_after_any_row_changed(tmp_path: Path) -> None:
    """A transaction that is taken back included: what was read inside it is not what there is."""
    path = tmp_path / "state.db"
    db = Database(path)
    reader = Database(path, read_only=True)
    asked: list[int] = []

    def read(which: Database) -> int:
        def count() -> int:
            row = which.one("SELECT count(*) FROM meta")
            asked.append(0)
            return int(row[0]) if row is not None else -1

        return which.known("rows", count)

    assert [read(db), read(db), len(asked)] == [0, 0, 1]
    db.execute("INSERT INTO meta VALUES ('a', '1')")
    assert [read(db), read(db), len(asked)] == [1, 1, 2]

    def taken_back() -> None:
        with db.transaction():
            db.execute("INSERT INTO meta VALUES ('b', '1')")
            assert read(db) == 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        taken_back()
    assert read(db) == 1
    db.execute("DELETE FROM meta")
    assert [read(db), read(reader)] == [0, 0]
    db.execute("INSERT INTO meta VALUES ('a', '1')")
    assert read(reader) == 1  # another process writes, so a reader always asks
    reader.close()
    db.close()
