"""The states of a conversation: its start, an answer under way, what goes wrong, what can be done with it."""

from playwright.sync_api import Page, expect

from tests.browser import stage
from tests.browser.stage import Json
from tests.browser.states.answers import ANSWER
from tests.browser.states.state import (
    LIST,
    QUESTION,
    State,
    asked,
    events,
    pressed,
    seen,
    shown,
    there,
)

_PROMPTS = [
    {"label": "What does a berth cost?", "prompt": "What does a berth cost?", "icon": "circle-question"},
    {"label": "When is the bar closed?", "prompt": "When?", "icon": "calendar"},
    {"label": "Where can I buy fuel?", "prompt": "Where?"},
]
_EMPTY = {**stage.assistant(""), "content": []}
_STREAMING = events(
    stage.added(_EMPTY),
    stage.part(),
    stage.delta("Berths for boats of up to **ten metres** cost 910"),
    open=True,
)
_LONG = [
    item
    for at in range(40)
    for item in (
        stage.user(f"Question {at}", f"u{at}"),
        stage.assistant(f"Answer {at}. {'It is long. ' * 20}", (), f"a{at}"),
    )
]


def _notice(level: str, title: str | None = "Limit") -> Json:
    message = "See [the plan](https://example.test)."
    return {"type": "notice", "level": level, "title": title, "message": message}


def _error(**more: object) -> Json:
    return {"type": "error", "code": "stream.error", **more}


def _status(kind: str, reason: str) -> tuple[Json, dict[str, Json]]:
    status = {"type": kind, "reason": reason}
    thread = stage.thread(items=[QUESTION, stage.assistant("910 euros.")], status=status)
    return {"initialThread": "thr_1"}, {"threads.get_by_id": {"json": thread}, "threads.list": LIST}


def _up(page: Page) -> None:
    """What was asked is read; then somebody scrolls to the first of the messages."""
    expect(page.get_by_text("Question 39")).to_be_attached()
    page.locator(".ck-scroll").evaluate("(box) => box.scrollTo(0, box.scrollHeight / 3)")
    expect(page.locator(".ck-jump")).to_be_visible()


def _more(page: Page) -> None:
    asked("ten metres")(page)
    page.locator(".ck-scroll").evaluate("(box) => box.scrollTo(0, 0)")
    expect(page.locator(".ck-jump")).to_be_visible()
    stage.tell(page, stage.done(stage.assistant("Ashore it is less.", (), "a_new")))
    expect(page.get_by_role("button", name="1 new message")).to_be_visible()


def _marked(page: Page) -> None:
    _more(page)
    page.get_by_role("button", name="1 new message").click()
    expect(page.locator(".ck-new")).to_be_in_viewport()


def _selected(page: Page) -> None:
    page.locator(".ck-assistant p").first.evaluate(
        "(it) => getSelection().selectAllChildren(it.querySelector('strong'))"
    )
    expect(page.get_by_role("button", name="Reply")).to_be_visible()


def _rated(page: Page) -> None:
    pressed("Good answer")(page)
    expect(page.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")


def _stopped(page: Page) -> None:
    asked("ten metres")(page)
    pressed("Stop responding")(page)
    seen("You stopped this answer.")(page)


_LONG_THREAD = {"initialThread": "thr_1"}, {"threads.get_by_id": {"json": stage.thread(items=_LONG)}}
_BEING_ADDED_TO: dict[str, Json] = {
    **_LONG_THREAD[1],
    "threads.add_user_message": {
        "events": [
            stage.done(stage.user("What does a berth cost in winter?", "u_new")),
            stage.added({**_EMPTY, "id": "a_now"}),
            stage.part("a_now"),
            stage.delta("Berths for boats of up to **ten metres** cost 910.", "a_now"),
        ],
        "open": True,
    },
}
_PROGRESS = {"type": "progress_update", "icon": "search", "text": "Reading the price list"}
_FILES = [
    {"type": "file", "id": "f1", "name": "berths.pdf", "mime_type": "application/pdf"},
    {"type": "image", "id": "f2", "name": "map.png", "mime_type": "image/png", "preview_url": "/none.png"},
]
_TAG = {"type": "input_tag", "id": "bob", "text": "Bob", "data": {}, "interactive": True}

CONVERSATION: dict[str, State] = {
    "start": State(seen("Where can I buy fuel?"), {"startScreen": {"prompts": _PROMPTS}}),
    "disclaimer": State(
        seen("can be wrong"),
        {"disclaimer": {"text": "The harbour's [assistant](https://example.test) can be wrong."}},
    ),
    "loading": State(
        there(".ck-skeleton"), {"initialThread": "thr_1"}, {"threads.get_by_id": {"never": True}}
    ),
    "load-failed": State(
        there(".ck-notice-danger"), {"initialThread": "thr_1"}, {"threads.get_by_id": {"status": 500}}
    ),
    "streaming": State(asked("ten metres"), {}, _STREAMING),
    "thinking": State(asked("Thinking"), {}, events(open=True)),
    "progress": State(asked("Reading the price list"), {}, events(_PROGRESS, open=True)),
    "stopped": State(_stopped, {}, _STREAMING),
    "error": State(asked("Something went wrong"), {}, events(_error(allow_retry=True))),
    "error-final": State(
        asked("The harbour is closed."), {}, events(_error(message="The harbour is closed."))
    ),
    "notice-info": State(asked("the plan"), {}, events(_notice("info", None))),
    "notice-warning": State(asked("the plan"), {}, events(_notice("warning"))),
    "notice-danger": State(asked("the plan"), {}, events(_notice("danger"))),
    "rated": State(_rated, *shown(QUESTION, ANSWER)),
    "selected": State(_selected, *shown(QUESTION, ANSWER)),
    "sent": State(
        there(".ck-user .ck-tag"),
        *shown(
            {
                **QUESTION,
                "quoted_text": "Prices hold until the end of March.",
                "attachments": _FILES,
                "content": [{"type": "input_text", "text": "Ask "}, _TAG],
            },
            entities={"found": [], "preview": None},
        ),
    ),
    "long": State(_up, *_LONG_THREAD),
    "unread": State(_more, _LONG_THREAD[0], _BEING_ADDED_TO),
    "unread-marker": State(_marked, _LONG_THREAD[0], _BEING_ADDED_TO),
    "rtl": State(there(".ck-root[dir=rtl] .ck-actions"), *shown(QUESTION, ANSWER, locale="ar")),
    "locked": State(seen("910 euros"), *_status("locked", "Waiting for a colleague")),
    "closed": State(seen("910 euros", "Thank you"), *_status("closed", "Thank you for asking.")),
}
