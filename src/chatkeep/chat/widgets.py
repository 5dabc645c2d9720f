"""Widgets: a tree of components, and what an update makes of it. Pure.

Above: `chat.pending` folds a run's events. The element does the same in `web/src/state/items.ts`, and the
recorded streams in `tests/wire` hold both to one result. A component is found by its id wherever it
sits: among children, inside a Transition, in a property that only a dynamic component has.
Values are copied and never written to JSON on the way, which would drop nulls in action payloads.
"""

from collections.abc import Callable
from typing import Any

from chatkit.types import (
    WidgetComponentUpdated,
    WidgetItem,
    WidgetRootUpdated,
    WidgetStreamingTextValueDelta,
)
from chatkit.widgets import WidgetRoot
from pydantic import BaseModel

_ROOTS = ("Card", "ListView", "Basic")

Update = WidgetRootUpdated | WidgetComponentUpdated | WidgetStreamingTextValueDelta
"""The updates that are about widgets."""


def updated(item: WidgetItem, update: Update) -> WidgetItem:
    """`item` after `update`; an update that does not fit the tree changes nothing."""
    return item.model_copy(update={"widget": _root(item.widget, update)})


def _root(root: WidgetRoot, update: Update) -> WidgetRoot:
    match update:
        case WidgetRootUpdated():
            return update.widget
        case WidgetComponentUpdated():
            changed = _mapped(root, update.component_id, lambda _: update.component)
        case WidgetStreamingTextValueDelta():
            changed = _mapped(root, update.component_id, lambda node: _longer(node, update))
    # A root can be replaced like any component, but only by another root.
    return changed if changed.type in _ROOTS else root


def _mapped(node: Any, component_id: str, change: Callable[[Any], Any]) -> Any:
    """The tree with every component of that id changed; what is not changed is shared."""
    match node:
        case BaseModel():
            if getattr(node, "id", None) == component_id:
                return change(node)
            changes = {
                name: new
                for name, value in node
                if (new := _mapped(value, component_id, change)) is not value
            }
            return node.model_copy(update=changes) if changes else node
        case {"id": id_, "type": str()} if id_ == component_id:
            return change(node)
        case dict():
            mapped = {name: _mapped(value, component_id, change) for name, value in node.items()}
            return node if all(mapped[name] is node[name] for name in node) else mapped
        case list():
            elements = [_mapped(element, component_id, change) for element in node]
            return node if all(new is old for new, old in zip(elements, node, strict=True)) else elements
        case _:
            return node


def _longer(node: Any, update: WidgetStreamingTextValueDelta) -> Any:
    """The text `node` with more of it; what holds no text is left as it is."""
    value = node.get("value") if isinstance(node, dict) else getattr(node, "value", None)
    if not isinstance(value, str):
        return node
    changes = {"value": value + update.delta, "streaming": not update.done}
    return {**node, **changes} if isinstance(node, dict) else node.model_copy(update=changes)
