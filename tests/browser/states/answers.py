"""The states of what an answer may hold: text, sources, steps, pictures, questions."""

from playwright.sync_api import Page, expect

from tests.browser import stage
from tests.browser.stage import Json
from tests.browser.states.state import QUESTION, State, asked, events, lost, pressed, seen, shown, then, there

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
ANSWER = stage.assistant(_MARKDOWN, _SOURCES)

_HEADINGS = """# Berths

Three kinds.

#### By length

Up to ten metres.

## By season

###### Winter

910 euros.

- [x] Paid
- [ ] Confirmed

***

Some ~~old~~ *new* words, `code`, a [link](https://example.test) and https://example.test/bare.
"""
_WIDE_TABLE = """| Berth | Length | Width | Price in summer | Price in winter | Who it is for |
| --- | --- | --- | ---: | ---: | --- |
| A | 8 m | 2.5 m | 14.00 | 720 | Boats with a shallow draught |
| B | 10 m | 3 m | 18.50 | 910 | Boats that stay all winter |

What follows the table.
"""
_CODE = """```python
def price(length: float) -> int:
    # The list of the winter.
    return 910 if length <= 10 else 1200  # and a comment that makes the line longer than any narrow screen is
```
"""
_MATHS = """The tide is $h = a \\sin(\\omega t)$ at any time:

$$I = \\int_0^T a \\sin(\\omega t)\\,dt = \\frac{a}{\\omega}\\left(1 - \\cos(\\omega T)\\right)
  + a + b + c + d + e$$
"""
_DIAGRAM = """```mermaid
graph LR
  A[Ask] --> B{Enough?}
  B -->|yes| C[Answer]
  B -->|no| A
```
"""
_PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5"
    "ErkJggg=="
)
_IMAGES = f"![The harbour from above]({_PIXEL})\n\n![A map](https://elsewhere.test/map.png)\n"
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
        "sources": [{"type": "url", "title": "Prices", "url": "https://example.test/prices"}],
        "status_indicator": "complete",
    },
    {"type": "file", "title": "Read two documents", "status_indicator": "loading", "sources": []},
]
_THOUGHT = {"type": "thought", "title": "Which list?", "content": "The list of **this** winter."}
_TASK = {"type": "task", "id": "t1", "thread_id": "thr_1", "created_at": stage.at(), "task": _TASKS[1]}
_PICTURE = {"type": "generated_image", "id": "g1", "thread_id": "thr_1", "created_at": stage.at()}

CHOICE = {
    "type": "multiple_choice",
    "id": "season",
    "question": "For which season?",
    "options": [{"value": "Summer"}, {"value": "Winter"}],
}
_SEVERAL = {**CHOICE, "id": "needs", "question": "What do you need?", "multiple": True}
_FREE = {
    "type": "freeform",
    "id": "boat",
    "question": "Which boat?",
    "description": "Its name and its length in metres.",
}


def _said(text: str, *annotations: Json) -> tuple[Json, dict[str, Json]]:
    return shown(QUESTION, stage.assistant(text, annotations))


def _asks(*inputs: Json, **more: object) -> tuple[Json, dict[str, Json]]:
    asks = stage.questions(*inputs, **more)  # type: ignore[arg-type]
    options, replies = shown(QUESTION, asks)
    over = {"type": "thread.item.replaced", "item": {**asks, "status": "answered"}}
    return options, {**replies, "threads.add_structured_input": {"events": [over]}}


def _sources(page: Page) -> None:
    page.get_by_role("button", name="Sources").click()
    expect(page.get_by_role("list", name="Sources").first).to_be_visible()


def _card(page: Page) -> None:
    page.get_by_role("link", name="Source 1").first.focus()
    expect(page.get_by_role("tooltip")).to_be_visible()


def _chosen(page: Page) -> None:
    page.get_by_role("radio", name="Winter").check()


def _checked(page: Page) -> None:
    page.get_by_role("checkbox", name="Summer").check()
    page.get_by_role("checkbox", name="Winter").check()


_OPENED = then(there(".ck-workflow-head"), lambda page: page.locator(".ck-workflow-head").click())
_DURATION = {"duration": 7}

ANSWERS: dict[str, State] = {
    "answer": State(there("[part=actions]"), *shown(QUESTION, ANSWER)),
    "sources": State(_sources, *shown(QUESTION, ANSWER)),
    "card": State(_card, *shown(QUESTION, ANSWER)),
    "headings": State(seen("910 euros."), *_said(_HEADINGS)),
    "table": State(seen("What follows"), *_said(_WIDE_TABLE)),
    "code": State(there(".ck-code [class*=hljs], .ck-code code span"), *_said(_CODE)),
    "maths": State(there("math"), *_said(_MATHS)),
    "diagram": State(there(".ck-diagram-view"), *_said(_DIAGRAM)),
    "diagram-source": State(then(there(".ck-diagram-view"), pressed("Show source")), *_said(_DIAGRAM)),
    "images": State(there(".ck-md img"), *_said(_IMAGES)),
    "workflow": State(
        asked("Read two documents"), {}, events(stage.added(stage.workflow(*_TASKS)), open=True)
    ),
    "workflow-folded": State(
        there(".ck-workflow-head"),
        *shown(QUESTION, stage.workflow(*_TASKS, summary=_DURATION, expanded=False), ANSWER),
    ),
    "workflow-open": State(
        _OPENED, *shown(QUESTION, stage.workflow(*_TASKS, summary=_DURATION, expanded=False))
    ),
    "reasoning": State(
        _OPENED,
        *shown(QUESTION, stage.workflow(_THOUGHT, kind="reasoning", summary=_DURATION, expanded=False)),
    ),
    "task": State(seen("prices"), *shown(QUESTION, _TASK)),
    "picture-coming": State(asked("Making an image"), {}, events(stage.added(_PICTURE), open=True)),
    "picture": State(
        there(".ck-picture img"), *shown(QUESTION, {**_PICTURE, "image": {"id": "i1", "url": _PIXEL}})
    ),
    "picture-lost": State(
        seen("could not be loaded"),
        *shown(QUESTION, {**_PICTURE, "image": {"id": "i1", "url": "javascript:"}}),
    ),
    "question-choice": State(then(there(".ck-questions"), _chosen), *_asks(CHOICE)),
    "question-several": State(then(there(".ck-questions"), _checked), *_asks(_SEVERAL, _FREE)),
    "question-free": State(there(".ck-questions textarea"), *_asks(_FREE)),
    "questions-answered": State(
        there(".ck-answered"),
        *_asks({**CHOICE, "answer": {"values": ["Winter"], "skipped": False}}, _FREE, status="answered"),
    ),
    "questions-skipped": State(there(".ck-answered"), *_asks(CHOICE, status="skipped")),
    "part-lost": State(seen("could not be loaded"), *_asks(CHOICE), before=lost("Questions")),
}
