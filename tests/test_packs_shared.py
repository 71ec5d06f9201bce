"""What packs share: macros that more than one pack holds a copy of are equal, and each pack has a guide."""

from __future__ import annotations

from pathlib import Path

import regen_templates

PACKS = ("python", "typescript", "markdown")
OWN = "{#- Names that a type cannot have here"  # behind it, each pack has words of its own language


def _texts(name: str) -> dict[str, str]:
    folder = Path(next(iter(regen_templates.__path__)))
    files = {pack: folder / pack / name for pack in PACKS}
    return {pack: file.read_text("utf-8") for pack, file in files.items() if file.exists()}


def test_facts_are_read_alike() -> None:
    assert len(set(_texts("_facts.j2").values())) <= 1


def test_names_are_made_alike() -> None:
    texts = {pack: text.partition(OWN) for pack, text in _texts("_names.j2").items()}
    assert all(own for _, own, _ in texts.values())
    assert len({shared for shared, _, _ in texts.values()}) <= 1


def test_every_pack_has_a_guide_that_names_its_settings() -> None:
    guides = _texts("README.md")
    assert set(guides) == set(PACKS)
    for pack, text in guides.items():
        assert text.startswith(f"# {pack}\n")
        assert "unbounded" in text
        assert "modules" in text
