"""What packs have in common."""

from __future__ import annotations

from pathlib import Path

import regen_templates

PACKS = ("python", "typescript", "markdown")


def _texts(name: str) -> dict[str, str]:
    folder = Path(next(iter(regen_templates.__path__)))
    return {pack: (folder / pack / name).read_text("utf-8") for pack in PACKS}


def test_every_pack_has_a_guide_that_names_its_settings() -> None:
    for pack, text in _texts("README.md").items():
        assert text.startswith(f"# {pack}\n")
        assert "unbounded" in text
        assert "modules" in text
