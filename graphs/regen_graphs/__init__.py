"""The demo's vocabulary: three linked Turtle files of a public-library network, and one typical change of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DEMO = Path(__file__).parent / "demo"
FILES = ("core.ttl", "operations.ttl", "shapes.ttl")


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit of a Turtle file, as a person would make it in an editor.

    Attributes:
        file: one of `FILES`.
        says: what the edit does, as a sentence for people.
        before: text that stands in the file exactly once.
        after: what takes its place.
    """

    file: str
    says: str
    before: str
    after: str

    def apply(self, text: str) -> str:
        """The text of the file after the edit.

        Raises:
            ValueError: `before` does not stand in the text exactly once.
        """
        if text.count(self.before) != 1:
            raise ValueError(f"{self.file}: expected exactly once: {self.before!r}")
        return text.replace(self.before, self.after)


CHANGE = (
    Edit(
        "core.ttl",
        "lib:Novel gains lib:narrativePerspective.",
        "# --- Properties of editions, items, collections",
        """lib:narrativePerspective a owl:DatatypeProperty , owl:FunctionalProperty ;
    rdfs:domain lib:Novel ; rdfs:range xsd:string ;
    rdfs:label "narrative perspective"@en , "Erzählperspektive"@de ;
    rdfs:comment "Who tells the story: first person, third person, several voices."@en .

# --- Properties of editions, items, collections""",
    ),
    Edit(
        "operations.ttl",
        "The comment of ops:Hold says how long a copy is set aside.",
        '"A patron\'s place in the queue for an edition."@en',
        '"A patron\'s place in the queue for an edition; a copy that came in is set aside for ten days."@en',
    ),
    Edit(
        "shapes.ttl",
        "A lib:ContactPoint has at least one lib:email.",
        "[ sh:path lib:email ; sh:datatype xsd:string ; sh:maxCount 3 ;",
        "[ sh:path lib:email ; sh:datatype xsd:string ; sh:minCount 1 ; sh:maxCount 3 ;",
    ),
)


def write(folder: Path, edits: Sequence[Edit] = ()) -> tuple[Path, ...]:
    """Write the vocabulary into a folder that exists, with edits applied in order.

    Returns:
        The files that were written, in the order of `FILES`.

    Raises:
        ValueError: an edit does not fit the text that it finds.
    """
    written = []
    for name in FILES:
        text = (DEMO / name).read_text(encoding="utf-8")
        for edit in edits:
            if edit.file == name:
                text = edit.apply(text)
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return tuple(written)
