"""What packs share: a pack stands by itself, so it holds its own copy of macros that others hold too."""

from __future__ import annotations

from pathlib import Path

import regen_templates

PACKS = ("python", "typescript", "markdown")
OWN = "{#- Names that a type cannot have here"  # behind it, each pack has words of its own language


def _texts(name: str) -> dict[str, str]:
    folder = Path(next(iter(regen_templates.__path__)))
    return {pack: (folder / pack / name).read_text("utf-8") for pack in PACKS}


def test_facts_are_read_alike() -> None:
    assert len(set(_texts("_facts.j2").values())) == 1


def test_names_are_made_alike() -> None:
    texts = {pack: text.partition(OWN) for pack, text in _texts("_names.j2").items()}
    assert all(own for _, own, _ in texts.values())
    assert len({shared for shared, _, _ in texts.values()}) == 1


def test_every_pack_has_a_guide_that_names_its_settings() -> None:
    for pack, text in _texts("README.md").items():
        assert text.startswith(f"# {pack}\n")
        assert "unbounded" in text
        assert "modules" in text
