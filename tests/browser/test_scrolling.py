"""Where a thread is scrolled to during an answer: to the question, or after the answer if the page asks."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stage import answering, assistant, enter, stage_server, user

pytestmark = pytest.mark.browser

_LINES = "\n\n".join(f"Line {number}" for number in range(60))
#: The stream stays open, and the test writes to it.
_LIVE = """() => {
  const { fetch: answer } = chat.options.api;
  const frame = (event) => new TextEncoder().encode(`data: ${JSON.stringify(event)}\\n\\n`);
  window.say = (...events) => events.forEach((event) => window.control.enqueue(frame(event)));
  window.more = (delta) => say({ type: 'thread.item.updated', item_id: 'a1', update: {
    type: 'assistant_message.content_part.text_delta', content_index: 0, delta } });
  chat.setOptions({ ...chat.options, api: { url: '/chatkit', fetch: async (url, init) => {
    if (JSON.parse(init.body).type !== 'threads.create') return answer(url, init);
    const body = new ReadableStream({ start: (control) => { window.control = control; } });
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
  } } });
}"""
_ROOM_BELOW = """() => {
  const box = chat.shadowRoot.querySelector('.ck-scroll');
  return Math.round(box.scrollHeight - box.clientHeight - box.scrollTop);
}"""


@pytest.fixture(scope="module")
def stage_url() -> Iterator[str]:
    with stage_server() as url:
        yield url


def begin(page: Page, url: str, *, follows: bool) -> None:
    enter(page, url, {"thread": {"autoScroll": follows}})
    page.evaluate(_LIVE)
    page.get_by_role("textbox").fill("Count")
    page.keyboard.press("Enter")
    page.wait_for_function("() => window.control")
    events = answering(user("Count"))["events"]
    begun = {"type": "thread.item.added", "item": {**assistant(""), "content": []}}
    page.evaluate("(events) => say(...events)", [*events, begun])
    page.evaluate("(text) => more(text)", _LINES)
    expect(page.get_by_text("Line 59")).to_be_attached()


def test_without_being_told_to_the_question_stays_at_the_top(page: Page, stage_url: str) -> None:
    begin(page, stage_url, follows=False)
    page.evaluate("(text) => more(text)", "\n\nThe end")
    expect(page.get_by_text("The end")).to_be_attached()
    expect(page.locator(".ck-bubble")).to_be_in_viewport()
    expect(page.get_by_text("The end")).not_to_be_in_viewport()


def test_told_to_it_follows_the_answer_until_somebody_reads_further_up(page: Page, stage_url: str) -> None:
    begin(page, stage_url, follows=True)
    expect(page.get_by_text("Line 59")).to_be_in_viewport()
    page.get_by_role("log").hover()
    page.mouse.wheel(0, -600)
    page.wait_for_function(f"() => ({_ROOM_BELOW})() > 400")
    page.evaluate("(text) => more(text)", "\n\nUnseen")
    expect(page.get_by_text("Unseen")).to_be_attached()
    expect(page.get_by_text("Unseen")).not_to_be_in_viewport()
    page.mouse.wheel(0, 5000)
    expect(page.get_by_text("Unseen")).to_be_in_viewport()
    page.evaluate("(text) => more(text)", "\n\n" + "\n\n".join(f"Next {number}" for number in range(20)))
    expect(page.get_by_text("Next 19")).to_be_in_viewport()
