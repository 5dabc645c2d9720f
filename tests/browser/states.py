"""Every state that the element can be seen in, brought about on the stage."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser import stage
from tests.browser.stage import Json

_MARKDOWN = """Berths for boats of up to **ten metres** cost 910 euros; see [the list](https://example.test).

## What is included

| Berth | Length | Price |
| --- | --- | ---: |
| A | 8 m | 720 |
| B | 10 m | 910 |

1. Water and electricity
2. A key to the `north` gate

> Prices hold until the end of March.

```sh
radio --channel 12
```

"""
_SOURCES = [
    stage.cites(69, "Prices for the winter", "https://example.test/prices", description="Berths by length."),
    stage.cites(69, "Rules of the harbour", "https://example.test/rules", group="Rules"),
]
_ANSWER = stage.assistant(_MARKDOWN, _SOURCES)
_QUESTION = stage.user("What does a berth cost in winter?")
_TASKS: list[Json] = [
    {
        "type": "custom",
        "title": "Read the question",
        "content": "It asks for a price.",
        "status_indicator": "complete",
    },
    {
        "type": "web_search",
        "title_query": "prices",
        "queries": ["winter berth price"],
        "status_indicator": "complete",
    },
    {"type": "file", "title": "Read two documents", "status_indicator": "loading", "sources": []},
]
_LIST = stage.history(
    "Berths in winter", "The radio", "Fuel and petrol", "The bar in an easterly gale", "Showers"
)
_PROMPTS = [
    {"label": "What does a berth cost?", "prompt": "What does a berth cost?", "icon": "circle-question"},
    {"label": "When is the bar closed?", "prompt": "When?", "icon": "calendar"},
    {"label": "Where can I buy fuel?", "prompt": "Where?"},
]
_THREAD = {"threads.get_by_id": {"json": stage.thread(items=[_QUESTION, _ANSWER])}, "threads.list": _LIST}
_ACTIONS = {"feedback": True, "retry": True}


@dataclass(frozen=True, slots=True)
class State:
    """How to bring the element into a state: what it is given, and what is then done.

    Attributes:
        act: does it, and waits until it is there.
    """

    act: Callable[[Page], None]
    options: Json = field(default_factory=dict)
    replies: dict[str, Json] = field(default_factory=dict)


def _seen(text: str) -> Callable[[Page], None]:
    return lambda page: expect(page.get_by_text(text).first).to_be_visible()


def _both(one: str, other: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        _seen(one)(page)
        _seen(other)(page)

    return act


def _asked(text: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.get_by_role("textbox").first.fill("What does a berth cost in winter?")
        page.keyboard.press("Enter")
        expect(page.get_by_text(text).first).to_be_visible()

    return act


def _opened(then: Callable[[Page], None] | None = None) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.get_by_role("button", name="Conversation history").click()
        expect(page.get_by_role("button", name="The radio", exact=True)).to_be_visible()
        if then:
            then(page)

    return act


def _thread_actions(page: Page) -> None:
    expect(page.get_by_role("button", name="Good answer")).to_be_visible()


def _sources(page: Page) -> None:
    page.get_by_role("button", name="Sources").click()
    expect(page.get_by_role("list", name="Sources").first).to_be_visible()


def _card(page: Page) -> None:
    page.get_by_role("link", name="Source 1").first.focus()
    expect(page.get_by_role("tooltip")).to_be_visible()


def _press(row: str, key: str, there: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.get_by_role("button", name=row, exact=True).focus()
        page.keyboard.press(key)
        expect(page.locator(there)).to_be_visible()

    return act


def _delete(page: Page) -> None:
    _press("The radio", "Delete", "[role=alertdialog]")(page)
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def _delete_and_close(page: Page) -> None:
    _delete(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def _search(words: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.get_by_role("searchbox").fill(words)
        expect(page.get_by_role("status").filter(has_text="conversation").first).to_be_attached()

    return act


def _menu(page: Page) -> None:
    page.get_by_role("button", name="Choose a model").click()
    expect(page.get_by_role("menu")).to_be_visible()


def _status(kind: str, reason: str) -> dict[str, Json]:
    status = {"type": kind, "reason": reason}
    items = [_QUESTION, stage.assistant("910 euros.")]
    return {"threads.get_by_id": {"json": stage.thread(items=items, status=status)}}


def _events(*events: Json, **more: Any) -> dict[str, Json]:
    reply = stage.answering(_QUESTION, **more)
    return {"threads.create": {**reply, "events": [*reply["events"], *events]}, "threads.list": _LIST}


def _streaming() -> dict[str, Json]:
    item = {**stage.assistant(""), "content": []}
    part = {"type": "output_text", "text": "", "annotations": []}
    delta = "Berths for boats of up to **ten metres** cost 910"
    kinds: list[Json] = [
        {"type": "assistant_message.content_part.added", "content_index": 0, "content": part},
        {"type": "assistant_message.content_part.text_delta", "content_index": 0, "delta": delta},
    ]
    updates = [{"type": "thread.item.updated", "item_id": "a1", "update": update} for update in kinds]
    return _events({"type": "thread.item.added", "item": item}, *updates, open=True)


_NOTICE = {
    "type": "notice",
    "level": "warning",
    "title": "Limit",
    "message": "See [the plan](https://example.test).",
}
_ERROR = {"type": "error", "code": "stream.error", "allow_retry": True}
_WORKING = stage.workflow(*_TASKS)
_MODELS = [
    {"id": "s", "label": "Small", "description": "Quick", "default": True},
    {"id": "l", "label": "Large", "description": "Thorough"},
    {"id": "x", "label": "Extra", "disabled": True},
]
_SHOWN = {"initialThread": "thr_1", "threadItemActions": _ACTIONS}

STATES: dict[str, State] = {
    "start": State(_seen("Where can I buy fuel?"), {"startScreen": {"prompts": _PROMPTS}}),
    "streaming": State(_asked("ten metres"), {}, _streaming()),
    "thinking": State(_asked("Thinking"), {}, _events(open=True)),
    "answer": State(_thread_actions, _SHOWN, _THREAD),
    "sources": State(_sources, _SHOWN, _THREAD),
    "card": State(_card, _SHOWN, _THREAD),
    "workflow": State(
        _asked("Read two documents"), {}, _events({"type": "thread.item.added", "item": _WORKING}, open=True)
    ),
    "error": State(_asked("Something went wrong"), {}, _events(_ERROR)),
    "notice": State(_asked("the plan"), {}, _events(_NOTICE)),
    "history": State(_opened(), _SHOWN, _THREAD),
    "search": State(_opened(_search("ra")), _SHOWN, _THREAD),
    "rename": State(_opened(_press("The radio", "F2", ".ck-row-field")), _SHOWN, _THREAD),
    "confirm": State(_opened(_press("The radio", "Delete", "[role=alertdialog]")), _SHOWN, _THREAD),
    "undo": State(_opened(_delete), _SHOWN, _THREAD),
    "undo-closed": State(_opened(_delete_and_close), _SHOWN, _THREAD),
    "menu": State(_menu, {"composer": {"models": _MODELS}}),
    "rtl": State(
        lambda page: expect(page.locator(".ck-root[dir=rtl] .ck-actions")).to_be_visible(),
        {**_SHOWN, "locale": "ar"},
        _THREAD,
    ),
    "locked": State(
        _seen("910 euros"), {"initialThread": "thr_1"}, _status("locked", "Waiting for a colleague")
    ),
    "closed": State(
        _both("910 euros", "Thank you"),
        {"initialThread": "thr_1"},
        _status("closed", "Thank you for asking."),
    ),
}
