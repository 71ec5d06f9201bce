"""Artifacts and the reasons why they are affected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal as OneOf
from typing import NamedTuple

from regen.model.delta import Quad
from regen.model.term import Term

ReasonKind = OneOf[
    "fact",  # a triple that a view or a traced look-up of the body reads
    "new",  # the artifact was never rendered: a first run, a new key
    "template",  # the template, something that it includes, or a plugin changed
    "setting",  # the configuration changed
    "missing",  # the file, or the output root, was cleaned away
    "restored",  # a person asked for it back, or settled a conflict
    "edited",  # another stale entry waits on a file that a person changed
    "needs",  # a template that this one needs is rendered again
    "repair",  # the idle check found a view that differs from the whole
    "release",  # a release of the hub brought it to an edge
]


class ArtifactId(NamedTuple):
    """What an artifact is known by; its path may change. `key` is None for a template without `each`."""

    template: str
    key: Term | None

    def __str__(self) -> str:
        return f"{self.template} for {self.key.n3()}" if self.key is not None else self.template

    @property
    def sort_key(self) -> tuple[str, tuple[int, str, str, str]]:
        """By template, then by key."""
        return (self.template, self.key.sort_key if self.key is not None else (-1, "", "", ""))


BODY = "body"
"""In place of a view's name: the body itself asked the graph."""


@dataclass(frozen=True, slots=True)
class Because:
    """Why an artifact is affected: one reason, the first one found, and some of the others in words.

    Attributes:
        kind: the class of the reason.
        text: what a person reads, such as "<Person> gained schema:birthDate".
        where: the file behind it, relative to the project; None where there is none.
        quad: the changed quad; None where the reason is no fact.
        added: whether the quad was added (else removed).
        view: the view that reads the quad, or BODY for a traced look-up; None where the reason is no fact.
        also: further facts of the same change, each as a person reads it, as far as selecting met them; at most 5.
    """

    kind: ReasonKind
    text: str
    where: str | None = None
    quad: Quad | None = None
    added: bool = True
    view: str | None = None
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.text}, {self.where}" if self.where else self.text

    def outweighs(self, other: Because) -> bool:
        """Whether it takes the place of a reason that waits already.

        What a body asked changed, not only a view; or the file is to be written though it is not there, which no other
        reason says.
        """
        if self.brings_back:
            return not other.brings_back
        return self.view == BODY and other.kind == "fact" and other.view != BODY

    @property
    def brings_back(self) -> bool:
        """Whether a file that is gone is written again, and was not deleted on purpose."""
        return self.kind in ("missing", "restored")


def told(reasons: Sequence[Because], most: int = 3) -> str:
    """Reasons in words: any of them may be the one behind what is seen of a file."""
    more = f"; and {len(reasons) - most} more" if len(reasons) > most else ""
    return "; ".join(str(because) for because in reasons[:most]) + more


class Lookup(NamedTuple):
    """A pattern that a body asked the graph; None stands for "any". `graph` None is the merge."""

    subject: Term | None
    predicate: Term | None
    object: Term | None
    graph: Term | None = None
