"""Event values: names that last, CloudEvents that lose nothing, and events of others."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regen.model import event as events
from regen.model.cloudevent import data_json, payload_from, to_json
from regen.model.event import Event, Other, Payload, Property, payload, payload_class
from regen.model.term import XSD, Blank, Iri, Literal, Term, TripleTerm

NAMES = {
    "node.added", "node.removed", "node.changed", "edge.added", "edge.removed", "cycle.started", "cycle.completed",
    "cycle.failed", "conflict.opened", "conflict.resolved", "release.deployed", "rollback.completed",
    "setting.changed", "graph.unreadable", "bus.overflow",
}  # fmt: skip


@payload("tests.measured")
@dataclass(frozen=True, slots=True)
class Measured(Payload):
    """An event as a plugin would define it."""

    values: tuple[float, ...]
    where: tuple[Property, ...] = ()
    note: str | None = None


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
iris = st.sampled_from(["https://schema.org/Person", "urn:x", "http://例え/é"]).map(Iri)
plain = st.one_of(
    iris,
    st.sampled_from(["b0", "c14n.1"]).map(Blank),
    texts.map(Literal),
    st.builds(Literal, texts, st.just(XSD + "date")),
    st.builds(Literal, texts, st.none(), st.sampled_from(["en", "de-ch"]), st.sampled_from([None, "ltr", "rtl"])),
)
terms: st.SearchStrategy[Term] = plain | st.builds(TripleTerm, iris, iris, plain)
for kind, strategy in ((Iri, iris), (Term, terms)):
    st.register_type_strategy(kind, strategy)
st.register_type_strategy(str, texts)
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))

payloads = st.sampled_from(sorted(NAMES | {"tests.measured"})).flatmap(
    lambda name: st.builds(payload_class(name))  # type: ignore[arg-type]
)
moments = st.floats(0, 4e9) | st.integers(0, 2**31).map(float)
whole_events = st.builds(Event, payloads, st.integers(0, 10**6), moments, texts, texts)


@given(whole_events)
def test_the_data_of_an_event_comes_back_from_json_as_it_was(event: Event) -> None:
    text = json.dumps(to_json(event), allow_nan=False)
    assert json.loads(text)["data"] == json.loads(data_json(event.data))
    back = payload_from(event.type, event.data.about, data_json(event.data))
    assert back == event.data
    assert repr(back) == repr(event.data)  # terms of equal text may differ in kind


@given(whole_events)
def test_json_has_the_attributes_of_cloudevents(event: Event) -> None:
    found = to_json(event)
    assert found["specversion"] == "1.0"
    assert found["type"] == event.type
    assert str(found["source"]).isascii()
    assert " " not in str(found["source"])
    moment = datetime.fromisoformat(str(found["time"]))
    assert moment.tzinfo is not None
    assert abs(moment.timestamp() - event.at) < 1e-5
    assert found.get("subject") == event.data.about


@given(whole_events)
def test_an_event_pickles(event: Event) -> None:
    assert pickle.loads(pickle.dumps(event)) == event  # noqa: S301 - our own bytes


def test_the_names_of_events_are_fixed() -> None:
    known = {kind.type for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Payload)}
    assert known - {""} == NAMES


def test_an_event_of_a_plugin_that_is_not_loaded_goes_through_unchanged() -> None:
    data = payload_from("stranger.came", "somebody", '{"b":[1,{"c":null}],"a":"ü"}')
    assert data == Other("stranger.came", "somebody", '{"b":[1,{"c":null}],"a":"ü"}')
    assert to_json(Event(data, 3, 1.5, "api", "e9"))["data"] == {"b": [1, {"c": None}], "a": "ü"}


@pytest.mark.parametrize("text", ['{"values":3}', "{}"])
def test_data_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        payload_from(Measured.type, None, text)


def test_a_name_belongs_to_one_class() -> None:
    with pytest.raises(ValueError, match="is the event of"):

        @payload("node.added")
        class Impostor(Payload):
            pass

    with pytest.raises(ValueError, match="no dotted lower-case name"):
        payload("Node Added")
