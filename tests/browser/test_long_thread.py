"""A thread of a thousand messages: few of them are in the page, and nobody notices."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from benchmarks.element.server import serving
from benchmarks.element.thread import answer
from benchmarks.element.thread import question as question_item

pytestmark = pytest.mark.browser

_MESSAGES = 1000
_NODES = """() => {
    const walker = document.createTreeWalker(document.querySelector('openai-chatkit').shadowRoot);
    let count = 0;
    while (walker.nextNode()) count++;
    return count;
}"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(_MESSAGES, rate=100, count=60) as url:
        yield url


@pytest.fixture
def thread(page: Page, address: str) -> Page:
    page.goto(address)
    page.get_by_role("textbox").wait_for()
    page.evaluate("document.querySelector('openai-chatkit').setThreadId('thr_long')")
    expect(question(page, 500)).to_be_in_viewport()
    return page


def question(page: Page, number: int) -> Locator:
    return page.get_by_text(re.compile(f"^{number}\\. "))


def _rest(page: Page) -> None:
    """Until rows come and go no more: one at either end a frame."""
    page.evaluate(
        """async () => {
            const rows = document.querySelector('openai-chatkit').shadowRoot.querySelector('.ck-rows');
            const state = () => [rows.childElementCount, rows.getBoundingClientRect().top].join();
            for (let before = '', still = 0; still < 4; ) {
                await new Promise((done) => requestAnimationFrame(done));
                still = state() === before ? still + 1 : 0;
                before = state();
            }
        }"""
    )


def articles(page: Page) -> int:
    return page.locator('[role="feed"] > article').count()


def test_it_opens_at_its_end_without_reading_all_of_it(thread: Page) -> None:
    at_end = "box => box.scrollHeight - box.clientHeight - box.scrollTop < 2"
    assert thread.get_by_role("log").evaluate(at_end)
    assert articles(thread) < 15
    assert thread.locator("article").last.get_attribute("aria-setsize") == "-1"


def test_older_messages_come_above_and_what_is_read_stays_in_place(thread: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        if "items.list" in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    thread.route("**/chatkit", hold)
    with thread.expect_request(lambda request: "items.list" in (request.post_data or "")):
        thread.get_by_role("log").evaluate("box => { box.scrollTop = 0; }")
    first = thread.locator('article[aria-posinset="1"]')
    expect(first).to_be_in_viewport()
    name = first.get_attribute("aria-label")
    read = thread.locator(f'article[aria-label="{name}"]')
    _rest(thread)
    before = read.bounding_box()
    held[0].continue_()
    expect(read).not_to_have_attribute("aria-posinset", "1")
    _rest(thread)
    after = read.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) < 2
    assert thread.evaluate(_NODES) <= 5_000
    assert articles(thread) < 20


def test_the_keyboard_goes_from_message_to_message_beyond_what_is_in_the_page(thread: Page) -> None:
    thread.get_by_role("log").focus()
    reached = 500
    # A press that comes while a row is on its way goes to the farthest row there is, so they are not counted.
    for _ in range(100):
        if reached <= 475:
            break
        thread.keyboard.press("Alt+PageUp")
        _rest(thread)
        label = thread.evaluate(
            "document.querySelector('openai-chatkit').shadowRoot.activeElement?.ariaLabel ?? ''"
        )
        before, reached = reached, int(label.split(".")[0])
        assert reached <= before
    assert reached <= 475
    expect(thread.get_by_role("button", name="Scroll to the latest message")).to_be_visible()
    assert articles(thread) < 20
    thread.keyboard.press("Alt+PageDown")
    thread.get_by_role("button", name="Scroll to the latest message").click()
    expect(question(thread, 500)).to_be_in_viewport()


def test_what_comes_while_reading_above_is_counted_and_marked(thread: Page) -> None:
    thread.get_by_role("log").hover()
    thread.mouse.wheel(0, -4000)
    expect(thread.get_by_role("button", name="Scroll to the latest message")).to_be_visible()
    # Another tab of the same thread, as far as this page can tell: read again, there is more in it.
    thread.route("**/chatkit", lambda route: route.fulfill(json=_read_again(route)))
    thread.evaluate("document.querySelector('openai-chatkit').fetchUpdates()")
    jump = thread.get_by_role("button", name=re.compile("^2 new messages"))
    expect(jump).to_be_visible()
    jump.click()
    expect(thread.get_by_role("separator", name="New messages")).to_be_in_viewport()
    expect(thread.get_by_text("It is done.")).to_be_in_viewport()
    expect(jump).to_have_count(0)


def _read_again(route: Route) -> dict[str, Any]:
    reply: dict[str, Any] = route.fetch().json()
    if "items.list" in (route.request.post_data or ""):
        reply["data"] = [answer("msg_z2", "It is done."), question_item("msg_z1", "Is it?"), *reply["data"]]
    return reply


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_what_is_selected_in_an_answer_is_quoted(thread: Page, by: str) -> None:
    thread.get_by_text("Yes, with two conditions").last.dblclick(position={"x": 5, "y": 8})
    reply = thread.get_by_role("button", name="Reply", exact=True)
    expect(reply).to_be_visible()
    if by == "mouse":
        reply.click()
    else:
        for _ in range(6):
            if reply.evaluate("it => it.getRootNode().activeElement === it"):
                break
            thread.keyboard.press("Tab")
        expect(reply).to_be_focused()
        thread.keyboard.press("Enter")
    expect(thread.get_by_role("textbox")).to_be_focused()
    expect(thread.get_by_role("button", name="Remove the quote")).to_be_visible()
    expect(reply).to_have_count(0)
