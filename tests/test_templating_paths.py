"""Paths that `to` gives."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regen.errors import PathError
from regen.templating.paths import check_path


@pytest.mark.parametrize(
    ("given_", "path"),
    [
        ("a.py", "a.py"),
        ("  src/models/person.py\n", "src/models/person.py"),
        ("src/[id]/page (1).tsx", "src/[id]/page (1).tsx"),
        (".github/workflows/x.yml", ".github/workflows/x.yml"),
        ("Cafe\u0301.md", "Café.md"),
        ("a" * 240, "a" * 240),
        ("console.py", "console.py"),
    ],
)
def test_good_paths(given_: str, path: str) -> None:
    """Space around is dropped, characters are composed, the rest stays."""
    assert check_path(given_, "t.j2:2", "<urn:k>") == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "/etc/passwd",
        "~/x",
        "C:/x",
        "../x",
        "a/../../x",
        "a/./b",
        "a//b",
        "a/",
        "a\\b",
        "a\0b",
        "a\nb",
        "a\u2028b",
        "a\ud800",
        ".git/config",
        "a/.GIT/hooks/x",
        "a/.g\u200bit/x",
        "git~1/x",
        ".regen/state.db",
        "regen.lock",
        "sub/regen.toml",
        "CON",
        "a/nul.txt",
        "a /b",
        "a./b",
        "x" * 241,
        "é" * 130,
        "/".join(["x" * 100] * 11),
        "\u200b/x",
    ],
)
def test_bad_paths_name_the_key(text: str) -> None:
    """Whatever could leave the root, or not be a file everywhere, is refused with line and key."""
    with pytest.raises(PathError) as caught:
        check_path(text, "t.j2:2", "<urn:k>")
    assert caught.value.where == "t.j2:2"
    assert "<urn:k>" in caught.value.message


@given(st.text(alphabet="ab./\\~:\n \u200b.é") | st.text())
def test_an_accepted_path_stays_inside(text: str) -> None:
    """It is relative, composed, has no part that climbs, and is accepted again as it is."""
    try:
        path = check_path(text, "t.j2:2", "k")
    except PathError:
        return
    parts = path.split("/")
    assert all(part.strip() and part not in (".", "..") for part in parts)
    assert unicodedata.is_normalized("NFC", path)
    assert check_path(path, "t.j2:2", "k") == path
