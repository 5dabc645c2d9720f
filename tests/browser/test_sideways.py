"""What is wider than the screen scrolls by itself and says so: tables, code, formulas, diagrams."""

import base64

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import stage
from tests.browser.stage import enter
from tests.browser.states import STATES
from tests.browser.states.state import QUESTION, shown
from tests.browser.test_states import stage_url

__all__ = ["stage_url"]
pytestmark = pytest.mark.browser

_WIDE = [("table", ".ck-table"), ("code", ".ck-code pre"), ("maths", ".ck-maths-display")]
_WIDE.append(("diagram", ".ck-diagram-view"))


def show(page: Page, url: str, state: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    enter(page, url, STATES[state].options, STATES[state].replies)
    STATES[state].act(page)


@pytest.mark.parametrize(("state", "place"), _WIDE)
def test_it_is_scrolled_with_the_keyboard_and_shows_where_it_goes_on(
    page: Page, stage_url: str, state: str, place: str
) -> None:
    show(page, stage_url, state)
    wide = page.locator(place)
    assert edges(wide) == (False, True)
    wide.focus()
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "(it) => it.scrollLeft + it.clientWidth >= it.scrollWidth - 1", arg=wide.element_handle()
    )
    assert edges(wide) == (True, False)
    expect(page.locator(".ck-scroll")).to_have_js_property("scrollLeft", 0)


def test_a_table_that_fits_has_no_shade(page: Page, stage_url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    text = "| Berth | Length | Price |\n| --- | --- | ---: |\n| A | 8 m | 720 |\n| B | 10 m | 910 |\n"
    enter(page, stage_url, *shown(QUESTION, stage.assistant(text)))
    table = page.locator(".ck-table")
    expect(table).to_be_visible()
    assert table.evaluate("(it) => it.scrollWidth - it.clientWidth") == 0
    assert edges(table) == (False, False)


_EDGES = """async (bytes) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${bytes}`)).blob());
    const { width, height } = bitmap;
    const canvas = new OffscreenCanvas(width, height).getContext('2d');
    canvas.drawImage(bitmap, 0, 0);
    const light = (x) => canvas.getImageData(x, height / 2, 1, 1).data[0];
    // Behind the border, which is a pixel wide.
    return [4, width - 5].map((x) => light(x) < light(width / 2) - 8);
}"""


def edges(place: Locator) -> tuple[bool, bool]:
    """Whether there is a shade at the left, and at the right."""
    see = "(it, how) => [...it.children].forEach((child) => (child.style.visibility = how))"
    place.evaluate(see, "hidden")
    drawn = place.screenshot(animations="disabled")
    place.evaluate(see, "")
    left, right = place.page.evaluate(_EDGES, base64.b64encode(drawn).decode())
    return left, right
