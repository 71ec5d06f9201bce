"""Facts: rows (property, fact, value) of a class become properties, one for each, in the order of their IRIs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from regen.model.term import Iri, Literal, Term
from regen.templating.iris import local_name
from regen.templating.values import python_value

Rows = Iterable[tuple[Term | None, ...]]
Number = int | float | Decimal


@dataclass(frozen=True, slots=True)
class Property:
    """What a graph says of one property of one class.

    What has no stated upper bound may have many values, as in RDF, unless the project says that it has one.

    Attributes:
        iri: the property.
        local: its local name.
        key: what it is called in JSON: the local name; the IRI where a property before it has that name.
        least, most: the stated bounds of how many values it has; None where there is none.
        many: whether it may have more than one value.
        required: whether it needs one.
        given: values by the name of the fact, in their order: "range", "only", "some", "in", "about", "successor", …
    """

    iri: Iri
    local: str
    key: str
    least: int | None
    most: int | None
    many: bool
    required: bool
    given: dict[str, list[Term]]

    @property
    def ranges(self) -> list[Term]:
        """What the class says about its values, else what the property says."""
        return self.given.get("only") or self.given.get("range") or self.given.get("some") or []

    @property
    def choices(self) -> list[Term]:
        """The only values that are allowed; empty where nothing limits them."""
        return self.given.get("in", [])

    @property
    def deprecated(self) -> bool:
        """Whether it should not be used any more."""
        return "deprecated" in self.given or "successor" in self.given

    def numbers(self, fact: str) -> list[Number]:
        """The values of a fact that are numbers."""
        return numbers(self.given.get(fact, ()))

    def texts(self, fact: str) -> list[str]:
        """The values of a fact as texts, without repeats."""
        return list(dict.fromkeys(map(str, self.given.get(fact, ()))))


def properties(rows: Rows, *, one: bool = False) -> list[Property]:
    """Gather the facts of each property.

    Args:
        rows: (property, fact, value), in the order of the view; fact and value are None in a row that only names one.
        one: whether a property without an upper bound has one value.
    """
    facts: dict[str, tuple[Iri, dict[str, list[Term]]]] = {}
    for property_, fact, value in rows:
        if not isinstance(property_, Iri):
            continue
        of = facts.setdefault(str(property_), (property_, {}))[1]
        if fact is not None and value is not None:
            of.setdefault(str(fact), []).append(value)
    found: list[Property] = []
    seen: set[str] = set()
    for text, (iri, of) in facts.items():
        local = local_name(text)
        least, most = _bound(of, "min", max), _bound(of, "max", min)
        found.append(
            Property(
                iri=iri,
                local=local,
                key=text if local in seen else local,
                least=least or None,
                most=most,
                many=(not one) if most is None else most > 1,
                required=least is not None and least > 0 and most != 0,
                given=of,
            )
        )
        seen.add(local)
    return found


def numbers(terms: Iterable[Term]) -> list[Number]:
    """Those terms that are numbers, as Python has them; booleans are none."""
    values = [python_value(term) for term in terms if isinstance(term, Literal)]
    return [value for value in values if isinstance(value, Number) and not isinstance(value, bool)]


def _bound(of: dict[str, list[Term]], fact: str, pick: Callable[[list[int]], int]) -> int | None:
    values = [value for value in numbers(of.get(fact, ())) if isinstance(value, int)]
    return pick(values) if values else None
