"""A widget tree after an update, wherever in it the component sits."""

from datetime import UTC, datetime
from typing import Any

import pytest
from chatkit.types import (
    WidgetComponentUpdated,
    WidgetItem,
    WidgetRootUpdated,
    WidgetStreamingTextValueDelta,
)
from chatkit.widgets import DynamicWidgetComponent, WidgetRoot
from pydantic import TypeAdapter

from chatkeep.chat.widgets import Update, updated

_ROOT: TypeAdapter[WidgetRoot] = TypeAdapter(WidgetRoot)


def item(*children: dict[str, Any], **properties: Any) -> WidgetItem:
    """A widget as it is read from JSON: of the strict classes where they know it."""
    widget = _ROOT.validate_python({"type": "Card", "children": list(children), **properties})
    return WidgetItem(id="w", thread_id="thr_1", created_at=datetime(2030, 1, 1, tzinfo=UTC), widget=widget)


def component(**properties: Any) -> DynamicWidgetComponent:
    return DynamicWidgetComponent.model_validate(properties)


def more(delta: str, *, done: bool = False, of: str = "t") -> Update:
    return WidgetStreamingTextValueDelta(component_id=of, delta=delta, done=done)


def after(start: WidgetItem, *updates: Update) -> dict[str, Any]:
    for update in updates:
        start = updated(start, update)
    dumped: dict[str, Any] = start.widget.model_dump(exclude_none=True)
    return dumped


TEXT = {"type": "Text", "id": "t", "value": "One"}

PLACES: list[tuple[str, Any]] = [
    ("a child", lambda node: {"children": [node]}),
    ("a child's child", lambda node: {"children": [{"type": "Row", "children": [node]}]}),
    ("a Transition's only child", lambda node: {"children": [{"type": "Transition", "children": node}]}),
    ("a table's cell", lambda node: {"children": [{"type": "Table", "rows": [{"cells": [node]}]}]}),
    ("a root in a root", lambda node: {"children": [{"type": "Card", "children": [node]}]}),
]


@pytest.mark.parametrize("place", [place for _, place in PLACES], ids=[name for name, _ in PLACES])
def test_a_component_is_found_wherever_it_sits(place: Any) -> None:
    start = item(**place(TEXT))
    longer = {"type": "Text", "id": "t", "value": "One, two", "streaming": False}
    assert after(start, more(", t"), more("wo", done=True)) == {"type": "Card", **place(longer)}
    replacement = {"type": "Badge", "id": "t", "label": "Two"}
    changed = after(start, WidgetComponentUpdated(component_id="t", component=component(**replacement)))
    assert changed == {"type": "Card", **place(replacement)}


def test_the_item_itself_and_what_is_not_changed_stay_as_they_are() -> None:
    start = item(TEXT, {"type": "Badge", "id": "b", "label": "kept"})
    before = start.model_dump()
    changed = updated(start, more("!"))
    assert start.model_dump() == before
    assert changed.widget.children[1] is start.widget.children[1]  # type: ignore[index]
    assert (changed.id, changed.created_at) == (start.id, start.created_at)


def test_nulls_in_an_actions_payload_survive() -> None:
    action = {"type": "press", "payload": {"a": None}}
    start = item(TEXT, {"type": "Custom", "onClickAction": action})
    changed = updated(start, more("!"))
    assert changed.widget.children[1].onClickAction == action  # type: ignore[index,union-attr]


@pytest.mark.parametrize(
    "update",
    [
        more("x", of="unknown"),
        more("x", of="row"),
        WidgetComponentUpdated(component_id="unknown", component=component(type="Text", value="x")),
        WidgetComponentUpdated(component_id="root", component=component(type="Text", value="x")),
    ],
)
def test_an_update_that_does_not_fit_changes_nothing(update: Update) -> None:
    start = item(TEXT, {"type": "Row", "id": "row", "children": []}, id="root")
    assert after(start, update) == after(start)


def test_a_root_is_replaced_whole() -> None:
    new = _ROOT.validate_python({"type": "ListView", "children": []})
    assert after(item(TEXT), WidgetRootUpdated(widget=new)) == {"type": "ListView", "children": []}
    root = component(type="Basic", id="root", children=[TEXT])
    changed = after(item(TEXT, id="root"), WidgetComponentUpdated(component_id="root", component=root))
    assert changed == {"type": "Basic", "id": "root", "children": [TEXT]}
