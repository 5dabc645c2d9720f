"""What follows the script once the page is painted: late or never, all else goes on, and nothing moves."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.stage import enter, stage_server
from tests.browser.states import STATES

pytestmark = pytest.mark.browser

_CHUNK = "**/afterwards-*.js*"
_PLACES = """() => [...document.querySelector('openai-chatkit').shadowRoot.querySelectorAll(
    '.ck-composer, .ck-turn, .ck-bubble, .ck-assistant, .ck-header'
)].map((it) => it.getBoundingClientRect()).map(({ x, y, width, height }) => [x, y, width, height])"""


@pytest.fixture(scope="module")
def stage_url() -> Iterator[str]:
    with stage_server() as url:
        yield url


def open_state(page: Page, url: str, state: str, **options: Any) -> None:
    shown = STATES[state]
    enter(page, url, {**shown.options, **options}, shown.replies)


def _copy(page: Page) -> Locator:
    return page.locator(".ck-actions").first.get_by_role("button", name="Copy", exact=True)


def ask(page: Page) -> None:
    page.get_by_role("textbox").fill("How deep is it?")
    page.keyboard.press("Enter")


@pytest.mark.parametrize("density", ["compact", "normal"])
def test_nothing_moves_when_it_comes(page: Page, stage_url: str, density: str) -> None:
    held: list[Route] = []
    page.route(_CHUNK, lambda route: held.append(route))
    with page.expect_request(_CHUNK):
        open_state(page, stage_url, "answer", theme={"density": density})
    expect(page.locator(".ck-assistant")).to_be_visible()
    expect(page.locator("openai-chatkit")).to_have_css("opacity", "1")
    before = page.evaluate(_PLACES)
    assert len(before) > 4
    held[0].continue_()
    expect(_copy(page)).to_be_visible()
    assert page.evaluate(_PLACES) == before


def test_an_answer_is_read_out_from_its_beginning_though_it_came_first(page: Page, stage_url: str) -> None:
    held: list[Route] = []
    page.route(_CHUNK, lambda route: held.append(route))
    replies = json.dumps(STATES["streaming"].replies).replace("**ten metres**", "ten metres. Others")
    enter(page, stage_url, {}, json.loads(replies))
    live = page.locator("[aria-live=polite].ck-hidden")
    expect(live).to_be_attached()
    ask(page)
    expect(page.locator(".ck-assistant")).to_contain_text("ten metres")
    expect(live).to_be_empty()
    held[0].continue_()
    expect(live).to_contain_text("Berths for boats of up to ten metres.")


def test_a_conversation_goes_on_without_it(page: Page, stage_url: str) -> None:
    page.route(_CHUNK, lambda route: route.abort())
    open_state(page, stage_url, "error")
    ask(page)
    expect(page.get_by_role("alert")).to_contain_text("Something went wrong")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_contain_text("Something went wrong")


def test_a_notice_is_read_without_it(page: Page, stage_url: str) -> None:
    page.route(_CHUNK, lambda route: route.abort())
    open_state(page, stage_url, "notice-warning")
    ask(page)
    expect(page.get_by_role("status")).to_contain_text("the plan")


def test_it_comes_with_the_next_answer_if_it_failed(page: Page, stage_url: str) -> None:
    page.route(_CHUNK, lambda route: route.abort())
    with page.expect_event("requestfailed"):
        open_state(page, stage_url, "answer")
    expect(page.locator(".ck-assistant")).to_be_visible()
    page.unroute(_CHUNK)
    page.evaluate("chat.sendUserMessage({ text: 'And now?' }).catch(() => null)")
    expect(_copy(page)).to_be_visible()
