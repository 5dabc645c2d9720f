"""Pending items: announced, not yet finished. What a stop, or a worker's death, must not lose.

Above: `chat.server` keeps one during a turn, and folds the journal of a dead worker's run into one. Pure.
"""

from collections import defaultdict

from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    GeneratedImageItem,
    GeneratedImageUpdated,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
    WidgetComponentUpdated,
    WidgetItem,
    WidgetRootUpdated,
    WidgetStreamingTextValueDelta,
    WorkflowItem,
    WorkflowTaskAdded,
    WorkflowTaskUpdated,
)

from chatkeep.chat import widgets


class Pending:
    """The fold of a run's events, as far as it is not in the store."""

    def __init__(self) -> None:
        self._items: dict[str, ThreadItem] = {}
        # Joined only when somebody looks: adding each delta to a growing text would be quadratic.
        self._deltas: defaultdict[str, defaultdict[int, list[str]]] = defaultdict(lambda: defaultdict(list))

    def apply(self, event: ThreadStreamEvent) -> None:
        """Take `event` into account."""
        if self.take_delta(event):
            return
        match event:
            case ThreadItemUpdatedEvent():
                self._update(event)
            case ThreadItemAddedEvent():
                self._deltas.pop(event.item.id, None)
                self._items[event.item.id] = _own(event.item)
            case ThreadItemDoneEvent() | ThreadItemReplacedEvent():
                self._forget(event.item.id)
            case ThreadItemRemovedEvent():
                self._forget(event.item_id)
            case _:
                pass

    def take_delta(self, event: ThreadStreamEvent) -> bool:
        """Whether `event` is a piece of the text of a message held here; then it is taken into account."""
        if type(event) is not ThreadItemUpdatedEvent:
            return False
        update = event.update
        if type(update) is not AssistantMessageContentPartTextDelta or event.item_id not in self._items:
            return False
        self._deltas[event.item_id][update.content_index].append(update.delta)
        return True

    def holds(self, item_id: str) -> bool:
        """Whether the item was announced and is not finished."""
        return item_id in self._items

    def items(self) -> list[ThreadItem]:
        """The items with what has been said of them so far, in the order they were announced."""
        for item in self._items.values():
            if isinstance(item, AssistantMessageItem):
                self._join(item)
        return list(self._items.values())

    def _forget(self, item_id: str) -> None:
        self._items.pop(item_id, None)
        self._deltas.pop(item_id, None)

    def _update(self, event: ThreadItemUpdatedEvent) -> None:
        item, update = self._items.get(event.item_id), event.update
        match item, update:
            case AssistantMessageItem(), (
                AssistantMessageContentPartAdded()
                | AssistantMessageContentPartDone()
                | AssistantMessageContentPartAnnotationAdded()
            ):
                self._join(item)
                _update_part(item, update)
            case WorkflowItem(), WorkflowTaskAdded():
                item.workflow.tasks.append(update.task)
            case WorkflowItem(), WorkflowTaskUpdated() if update.task_index < len(item.workflow.tasks):
                item.workflow.tasks[update.task_index] = update.task
            case WidgetItem(), (
                WidgetRootUpdated() | WidgetComponentUpdated() | WidgetStreamingTextValueDelta()
            ):
                self._items[item.id] = widgets.updated(item, update)
            case GeneratedImageItem(), GeneratedImageUpdated():
                item.image = update.image
            case _:
                pass

    def _join(self, item: AssistantMessageItem) -> None:
        for index, deltas in self._deltas.pop(item.id, {}).items():
            _part(item, index).text += "".join(deltas)


def _update_part(
    item: AssistantMessageItem,
    update: AssistantMessageContentPartAdded
    | AssistantMessageContentPartDone
    | AssistantMessageContentPartAnnotationAdded,
) -> None:
    part = _part(item, update.content_index)
    if isinstance(update, AssistantMessageContentPartAnnotationAdded):
        part.annotations.insert(update.annotation_index, update.annotation)
        return
    said = _own_part(update.content)
    if isinstance(update, AssistantMessageContentPartDone) and not said.annotations:
        said.annotations = part.annotations  # the Agents bridge ends a part without them (spec A.8)
    item.content[update.content_index] = said


def _own(item: ThreadItem) -> ThreadItem:
    """A copy that may be changed."""
    if isinstance(item, AssistantMessageItem):  # nearly always; what its annotations say never changes
        return item.model_copy(update={"content": [_own_part(part) for part in item.content]})
    return item.model_copy(deep=True)


def _own_part(part: AssistantMessageContent) -> AssistantMessageContent:
    return part.model_copy(update={"annotations": [*part.annotations]})


def updated(item: ThreadItem, event: ThreadItemUpdatedEvent) -> ThreadItem:
    """`item` as `event` leaves it: for updates that come after the item was finished."""
    fold = Pending()
    fold.apply(ThreadItemAddedEvent(item=item))
    fold.apply(event)
    (changed,) = fold.items()
    return changed


def _part(item: AssistantMessageItem, index: int) -> AssistantMessageContent:
    """Deltas may come for a part that was never announced (spec A.8)."""
    while len(item.content) <= index:
        item.content.append(AssistantMessageContent(text="", annotations=[]))
    return item.content[index]
