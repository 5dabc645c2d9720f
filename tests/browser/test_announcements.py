"""What a screen reader is told, in the order in which it hears it, and nothing twice."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Error, Page, Route, expect

from tests.browser import stage
from tests.browser.stage import Json, enter
from tests.browser.states.answers import CHOICE
from tests.browser.states.state import LIST, QUESTION, asked, events, pressed, shown
from tests.browser.test_states import stage_url

__all__ = ["stage_url"]
pytestmark = pytest.mark.browser

# As a browser tells it: what is added to a live region, or the region itself when it comes with its words.
# What stands in for a part that is loading may come or not.
_LISTEN = """() => {
    window.heard = [];
    const live = '[aria-live=polite], [role=status], [role=alert]';
    const tell = (text) => text?.trim() && heard.push(text.trim().replace(/\\s+/g, ' '));
    new MutationObserver((changes) => {
        const regions = new Set();
        for (const { type, target, addedNodes } of changes) {
            const parent = target.nodeType === 3 ? target.parentElement : target;
            const around = parent?.closest?.(live);
            if (around?.ariaAtomic === 'false') addedNodes.forEach((node) => tell(node.textContent));
            else if (around) regions.add(around);
            else if (type === 'childList') {
                for (const node of addedNodes) {
                    if (node.matches?.(live)) regions.add(node);
                    node.querySelectorAll?.(live).forEach((region) => regions.add(region));
                }
            }
        }
        for (const region of regions)
            if (region.isConnected && !region.matches('.ck-skeleton'))
                tell(region.ariaLabel ?? region.textContent);
    }).observe(chat.shadowRoot, { subtree: true, childList: true, characterData: true });
}"""

Listen = Callable[[Json, dict[str, Json]], Page]


@pytest.fixture
def listen(page: Page, stage_url: str) -> Listen:
    """Opens the stage and listens from then on."""

    def listen(options: Json, replies: dict[str, Json]) -> Page:
        # What comes before the reader of announcements is told in a piece: `test_afterwards` has that.
        with page.expect_event("requestfinished", lambda request: "/afterwards-" in request.url):
            enter(page, stage_url, options, replies)
        page.evaluate("new Promise((done) => setTimeout(() => requestAnimationFrame(done)))")
        page.evaluate(_LISTEN)
        return page

    return listen


def hears(page: Page, *words: str) -> None:
    """These have been heard, and nothing else."""
    try:
        page.wait_for_function("(words) => heard.join('|') === words.join('|')", arg=list(words))
    except Error:
        assert page.evaluate("heard") == list(words)


_EMPTY = stage.added({**stage.assistant(""), "content": []})
_SENT = "Message sent. Responding…"


def test_an_answer_is_heard_by_the_sentence_once_it_was_heard_that_it_comes(listen: Listen) -> None:
    page = listen({}, events(_EMPTY, stage.part(), open=True))
    asked("Thinking")(page)
    hears(page, _SENT)
    stage.tell(page, stage.delta("# Prices\n\nA berth costs 9"), stage.delta("10 euros. Water is"))
    hears(page, _SENT, "Prices A berth costs 910 euros.")
    stage.tell(page, stage.delta(" **free**. Ask"))
    hears(page, _SENT, "Prices A berth costs 910 euros.", "Water is free.")
    whole = "# Prices\n\nA berth costs 910 euros. Water is **free**. Ask again"
    stage.tell(page, stage.delta(" again"), stage.done(stage.assistant(whole)))
    stage.end(page)
    expect(page.get_by_role("button", name="Send message")).to_be_visible()
    hears(page, _SENT, "Prices A berth costs 910 euros.", "Water is free.", "Ask again")


def test_an_answer_that_is_stopped_is_heard_to_be(listen: Listen) -> None:
    page = listen({}, events(_EMPTY, stage.part(), stage.delta("A berth costs"), open=True))
    asked("A berth costs")(page)
    pressed("Stop responding")(page)
    hears(page, _SENT, "A berth costs", "The answer was stopped")


def test_a_failure_is_heard_once(listen: Listen) -> None:
    page = listen({}, events({"type": "error", "code": "stream.error", "allow_retry": True}))
    asked("Something went wrong")(page)
    hears(page, _SENT, "Something went wrong. Please try again.")


def test_steps_and_progress_are_heard_once(listen: Listen) -> None:
    step = {"type": "custom", "title": "Read the list", "status_indicator": "loading"}
    page = listen({}, events(stage.added(stage.workflow(step)), open=True))
    asked("Read the list")(page)
    over = {**step, "status_indicator": "complete"}
    update = {"type": "workflow.task.updated", "task_index": 0, "task": over}
    stage.tell(page, {"type": "thread.item.updated", "item_id": "w1", "update": update})
    stage.tell(page, {"type": "progress_update", "icon": None, "text": "Adding up"})
    hears(page, _SENT, "Read the list.", "Adding up")


def test_questions_are_heard_to_wait(listen: Listen) -> None:
    page = listen({}, events(stage.done(stage.questions(CHOICE))))
    asked("For which season?")(page)
    hears(page, _SENT, "The assistant is waiting for answers to its questions")


def test_a_thread_that_is_opened_is_not_read_out(listen: Listen) -> None:
    options, replies = shown(QUESTION, stage.assistant("A berth costs 910 euros."))
    page = listen({**options, "initialThread": None}, replies)
    page.evaluate("chat.setThreadId('thr_1')")
    expect(page.get_by_text("A berth costs 910 euros.")).to_be_visible()
    hears(page)


def test_files_are_heard_one_by_one(listen: Listen) -> None:
    created = {"type": "file", "id": "f", "name": "x", "mime_type": "text/plain"}
    descriptor = {"url": "/upload", "method": "PUT", "headers": {}}
    page = listen(
        {"composer": {"attachments": {"enabled": True, "maxSize": 100}}},
        {"attachments.create": {"json": {**created, "upload_descriptor": descriptor}}, "threads.list": LIST},
    )
    waiting: list[Route] = []
    page.route("**/upload", lambda route: waiting.append(route))
    box = page.locator("input[type=file]")
    for name in ("prices.txt", "map.txt"):
        with page.expect_request("**/upload"):
            box.set_input_files({"name": name, "mimeType": "text/plain", "buffer": b"x"})
    hears(page, "Uploading prices.txt", "Uploading map.txt")
    waiting[0].fulfill(body="")
    hears(page, "Uploading prices.txt", "Uploading map.txt", "prices.txt uploaded")
    waiting[1].fulfill(status=500)
    failed = "map.txt could not be uploaded."
    hears(page, "Uploading prices.txt", "Uploading map.txt", "prices.txt uploaded", failed)
    page.get_by_role("button", name="Remove map.txt").click()
    expect(page.get_by_role("list", name="Attachments").get_by_role("listitem")).to_have_count(1)
    page.evaluate("heard.length = 0")
    box.set_input_files({"name": "film.txt", "mimeType": "text/plain", "buffer": b"x" * 200})
    hears(page, "film.txt is larger than 100 bytes.")


def test_links_say_that_they_open_a_new_tab(page: Page, stage_url: str) -> None:
    source = stage.cites(3, "Prices", "https://example.test/prices")
    task = {"type": "web_search", "sources": [{"type": "url", "title": "Tide", "url": "https://tide.test"}]}
    text = "See [the list](https://example.test/list) and ![a map](https://elsewhere.test/map.png)."
    step = {"type": "task", "id": "t1", "thread_id": "thr_1", "created_at": stage.at(), "task": task}
    options, replies = shown(QUESTION, step, stage.assistant(text, [source]))
    enter(page, stage_url, options, replies)
    page.get_by_role("button", name="Sources").click()
    links = page.locator("a[target=_blank]")
    expect(links).to_have_count(5)
    for link in links.all():
        expect(link).to_have_accessible_description("Opens in a new tab")
    marker = page.get_by_role("link", name="Source 1")
    marker.focus()
    expect(page.get_by_role("tooltip")).to_be_visible()
    expect(marker).to_have_accessible_description("example.test Prices Opens in a new tab")
