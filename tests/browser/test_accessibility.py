"""The page for those who do not see it or do not use a mouse: axe's rules, and the keyboard alone.

axe-core is put into the page as text, which the page's Content Security Policy rightly refuses: the
contexts here set the policy aside, and the `page` fixture of the other tests keeps it.
"""

import re
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from chatkeep.testing import Fault, Gate, Reply, ScriptedModelServer
from tests.browser.axe import violations
from tests.browser.talk import answer, ask
from tests.serving import Server

pytestmark = pytest.mark.browser

# Sizes are measured on what a finger would meet, contrast on both schemes.
_WIDTHS = (1280, 390)
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

Open = Callable[[str], Page]


@pytest.fixture(params=[(scheme, width) for scheme in _SCHEMES for width in _WIDTHS], ids=str)
def open_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens an address in each colour scheme, on a wide screen and on a touch screen."""
    scheme, width = request.param
    context = browser.new_context(
        bypass_csp=True,
        color_scheme=scheme,
        reduced_motion="reduce",
        viewport={"width": width, "height": 844},
        has_touch=width < 500,
        is_mobile=width < 500,
    )

    def open_page(url: str) -> Page:
        page = context.new_page()
        page.goto(url)
        return page

    yield open_page
    context.close()


def test_the_start_screen_has_no_violations(open_page: Open, extractive: Server) -> None:
    page = open_page(extractive.url)
    expect(page.get_by_role("heading", name="Ask your documents")).to_be_visible()
    expect(page.get_by_role("listitem").first).to_be_visible()
    assert violations(page) == []


def test_an_answer_with_its_sources_has_no_violations(
    open_page: Open, scripted: Server, model: ScriptedModelServer
) -> None:
    table = "| Berth | Price |\n| --- | ---: |\n| A | 12 [1] |"
    code = "```sh\nradio --on\n```"
    model.script(Reply(f"{table}\n\n{code}\n\nSee [the list](https://x.test) and `it` [2]."))
    page = open_page(scripted.url)
    ask(page, "What does a berth cost?")
    answer(page)
    page.get_by_role("button", name="Sources").click()
    expect(page.get_by_role("list", name="Sources")).to_be_visible()
    assert violations(page) == []


def test_the_cited_document_has_no_violations(open_page: Open, extractive: Server) -> None:
    page = open_page(extractive.url)
    ask(page, "Where can I buy petrol?")
    answer(page)
    href = page.get_by_role("link", name="Source 1").first.get_attribute("href")
    assert href
    source = open_page(href)
    expect(source.get_by_label("Cited passage")).to_be_visible()
    assert violations(source) == []


def test_an_error_has_no_violations(open_page: Open, scripted: Server, model: ScriptedModelServer) -> None:
    model.script(Reply("Water is free at every pontoon.", fail=Fault.cut(after=3)))
    page = open_page(scripted.url)
    ask(page, "What does water cost?")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert violations(page) == []


def test_the_history_has_no_violations(open_page: Open, scripted: Server, model: ScriptedModelServer) -> None:
    model.script(Reply("Channel 12."))
    page = open_page(scripted.url)
    ask(page, "Which channel?")
    answer(page)
    page.get_by_role("button", name="Conversation history").click()
    expect(page.get_by_role("dialog").get_by_role("heading", name="Today")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name=re.compile("^Delete ")).first.click()
    expect(page.get_by_role("alertdialog")).to_be_visible()
    assert violations(page) == []


def test_everything_to_touch_is_40_pixels_high(
    browser: Browser, scripted: Server, model: ScriptedModelServer
) -> None:
    # What is measured must not be on its way.
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, reduced_motion="reduce"
    )
    model.script(Reply("Channel 12 [1].\n\n```sh\nradio --on\n```"))
    page = context.new_page()
    page.goto(scripted.url)
    ask(page, "Which channel?")
    answer(page)
    page.get_by_role("button", name="Conversation history").click()
    expect(page.get_by_role("button", name=re.compile("^Rename")).first).to_be_visible()
    sizes = _sizes(page)
    # What is loaded later brings its style sheet along: everything has its size within a frame or two.
    for _ in range(20):
        if all(height >= 40 for _, height in sizes):
            break
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        sizes = _sizes(page)
    assert len(sizes) > 8
    assert [(name, height) for name, height in sizes if height < 40] == []
    context.close()


def _sizes(page: Page) -> list[tuple[str, int]]:
    """Of each button: its name and its height. Those within a line of text are as high as the line."""
    sizes: list[tuple[str, int]] = page.locator("button:not(p button)").evaluate_all(
        """all => all.filter((it) => it.checkVisibility())
            .map((it) => [it.getAttribute('aria-label') ?? it.textContent, it.offsetHeight])"""
    )
    return sizes


def test_a_journey_by_keyboard_alone(page: Page, scripted: Server, model: ScriptedModelServer) -> None:
    gate = Gate()
    model.script(Reply(chunks=["On channel ", "number [1]."], gate=gate), Reply("On channel 12 [1]."))
    page.goto(scripted.url)
    log = page.get_by_role("log")

    press_until(page, "Ask a question")
    page.keyboard.type("Which channel is the harbour master on?")
    page.keyboard.press("Enter")
    gate.step()
    expect(log).to_contain_text("On channel")
    press_until(page, "Stop responding")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Answer again")).to_be_visible()
    gate.open()
    press_until(page, "Answer again", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(log).to_contain_text("On channel 12")
    answer(page)

    press_until(page, "Source 1", "Shift+Tab")
    expect(page.get_by_role("tooltip")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("tooltip")).to_have_count(0)
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    expect(opened.value.get_by_label("Cited passage")).to_be_in_viewport()
    opened.value.close()

    press_until(page, "Conversation history", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Conversation history")).to_be_visible()
    expect(page.get_by_role("button", name="Which channel is the harbour", exact=False).first).to_be_visible()
    page.keyboard.type("harbour master")
    expect(page.get_by_role("searchbox")).to_have_value("harbour master")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("F2")
    expect(page.get_by_role("textbox", name="Title of the conversation")).to_be_focused()
    page.keyboard.type("The harbour master's radio")
    page.keyboard.press("Enter")
    renamed = page.get_by_role("button", name="The harbour master's radio", exact=True)
    expect(renamed).to_be_focused()
    page.keyboard.press("Delete")
    expect(page.get_by_role("alertdialog")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    press_until(page, "Undo")
    page.keyboard.press("Enter")
    expect(renamed).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("heading", name="The harbour master's radio")).to_be_visible()
    expect(log).to_contain_text("On channel 12")

    press_until(page, "Dark mode", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Light mode")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Dark mode")).to_be_focused()


def press_until(page: Page, name: str, key: str = "Tab") -> None:
    """Press `key` until the focus is on what has a name that begins with `name`; else it is a failure."""
    for _ in range(25):
        if focused_name(page).startswith(name):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} never reached {name!r}; the focus is on {focused_name(page)!r}")


def focused_name(page: Page) -> str:
    name: str = page.evaluate(
        """() => {
            const it = document.activeElement?.shadowRoot?.activeElement;
            return it?.getAttribute('aria-label') ?? it?.textContent ?? '';
        }"""
    )
    return name
