"""The element in every state, as those see it who see, touch or move otherwise: WCAG 2.2 AA, state by state.

docs/explanation/accessibility.md says what these tests prove.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.axe import PRACTICES, violations
from tests.browser.stage import enter, stage_server
from tests.browser.states import STATES

pytestmark = pytest.mark.browser

_TOUCH = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}
_WIDE = {"viewport": {"width": 1280, "height": 800}}

each_state = pytest.mark.parametrize("state", STATES)


@pytest.fixture(scope="module")
def stage_url() -> Iterator[str]:
    with stage_server() as url:
        yield url


class Showing:
    """Brings the element into states, each in a context of its own."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self._contexts: list[BrowserContext] = []

    def __call__(self, state: str, **how: Any) -> Page:
        context = self._browser.new_context(**{"bypass_csp": True, "reduced_motion": "reduce", **how})
        self._contexts.append(context)
        context.set_default_timeout(15_000)
        page = context.new_page()
        shown = STATES[state]
        shown.before(page)
        enter(page, self._url, shown.options, shown.replies)
        shown.act(page)
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def show(browser: Browser, stage_url: str) -> Iterator[Showing]:
    showing = Showing(browser, stage_url)
    yield showing
    showing.close()


@pytest.fixture(scope="module", params=STATES)
def state(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module", params=[_WIDE, _TOUCH], ids=["pointer", "touch"])
def screen(request: pytest.FixtureRequest) -> dict[str, Any]:
    how: dict[str, Any] = request.param
    return how


@pytest.fixture(scope="module")
def shown(browser: Browser, stage_url: str, state: str, screen: dict[str, Any]) -> Iterator[Page]:
    """Each state on each screen, for several tests that only look at it."""
    showing = Showing(browser, stage_url)
    yield showing(state, **screen)
    showing.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(shown: Page, scheme: str) -> None:
    shown.evaluate("(scheme) => set({ theme: { colorScheme: scheme } })", scheme)
    expect(shown.locator(".ck-root")).to_have_css("color-scheme", scheme)
    assert violations(shown, PRACTICES) == []


# What scrolls by itself, and what is cut short on purpose: its whole text is a tooltip or a click away.
_SHORTENED = (
    ".ck-hidden, .ck-title, .ck-row-open, .ck-source-title, .ck-source-about, .ck-source-text, .ck-input, "
    "input, .ck-quote p, .ck-table, pre, .ck-maths-display, .ck-diagram-view, .ck-questions, .ck-scroll, "
    ".ck-start, .ck-panel-list, .ck-menu, .ck-root, .ck-main"
)
_CUT_OFF = """(shortened) => {
    const root = document.querySelector('openai-chatkit').shadowRoot;
    return [...root.querySelectorAll('*')]
        .filter((it) => it.closest(shortened) !== it && it.checkVisibility())
        .filter((it) => getComputedStyle(it).overflow !== 'visible' && it.getClientRects().length > 0)
        .filter((it) => it.scrollWidth > it.clientWidth + 1 || it.scrollHeight > it.clientHeight + 1)
        .map((it) => it.className);
}"""
_SIDEWAYS = """() => {
    const root = document.querySelector('openai-chatkit').shadowRoot;
    const boxes = root.querySelectorAll('.ck-root, .ck-scroll, .ck-start, .ck-panel-list');
    return [document.documentElement, ...boxes]
        .filter((it) => it.scrollWidth > it.clientWidth)
        .map((it) => `${it.className || it.tagName}: ${it.scrollWidth} in ${it.clientWidth}`);
}"""
_SPACED = """* {
    line-height: 1.5 !important;
    letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important;
}
p { margin-bottom: 2em !important; }"""


@each_state
def test_text_may_be_spaced_without_loss(show: Showing, state: str) -> None:
    page = show(state, viewport={"width": 390, "height": 844})
    page.evaluate(
        """(css) => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(css);
            document.querySelector('openai-chatkit').shadowRoot.adoptedStyleSheets.push(sheet);
        }""",
        _SPACED,
    )
    assert page.evaluate(_CUT_OFF, _SHORTENED) == []
    assert page.evaluate(_SIDEWAYS) == []


# 1280 pixels at 200 % and at 400 %, and the smallest telephone.
_SIZES = ((640, 400), (320, 256), (320, 568))


@each_state
def test_nothing_is_lost_or_scrolls_sideways(show: Showing, state: str) -> None:
    page = show(state, viewport={"width": 1280, "height": 800})
    for width, height in _SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(_SIDEWAYS) == [], width
        assert page.evaluate(_CUT_OFF, _SHORTENED) == [], width
        expect(page.locator(".ck-composer, .ck-closed, .ck-foot .ck-empty")).to_be_in_viewport(ratio=0.9)


_SMALL = """(least) => {
    const root = document.querySelector('openai-chatkit').shadowRoot;
    // What stands within a line of text may be as high as the line.
    const inline = 'p, .ck-md :is(li, td), .ck-chip, .ck-bubble, .ck-mention';
    return [...root.querySelectorAll('button, input, textarea, a')]
        .filter((it) => it.checkVisibility() && !it.disabled && !it.closest(`[inert], ${inline}`))
        .map((it) => [it, (it.closest('label') ?? it).getBoundingClientRect()])
        .filter(([, box]) => box.height < least || box.width < 24)
        .map(([it, box]) => `${it.ariaLabel ?? it.textContent}: ${box.width} by ${box.height}`);
}"""


def test_what_is_to_be_touched_is_large_enough(shown: Page, screen: dict[str, Any]) -> None:
    least = 40 if screen is _TOUCH else 24
    assert shown.evaluate(_SMALL, least) == []


_FOCUS = """async () => {
    // Even what lasts no time is seen a frame later.
    for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
    const it = document.activeElement?.shadowRoot?.activeElement;
    if (!it) return null;
    // A field's ring is that of the box around it.
    const ring = (it.matches('.ck-input, [type=search]') && it.closest('form, .ck-search')) || it;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(ring);
    const box = it.getBoundingClientRect();
    const [x, y] = [box.left + box.width / 2, box.top + Math.min(box.height, 40) / 2];
    const top = it.getRootNode().elementFromPoint(x, y);
    return {
        name: it.ariaLabel ?? it.textContent,
        hasRing: (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2) || boxShadow.includes('3px'),
        isCovered: !it.contains(top) && !top?.contains(it),
    };
}"""


_MANY = ["start", "sources", "workflow", "error", "notice-warning", "history", "undo"]
_MANY += ["table", "uploaded", "tool-chosen", "question-several", "locked"]


@pytest.mark.parametrize("state", _MANY)
def test_the_focus_is_seen_wherever_it_goes(show: Showing, state: str) -> None:
    page = show(state, **_WIDE)
    seen: set[str] = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        focus = page.evaluate(_FOCUS)
        if focus is None:
            continue
        assert focus["hasRing"], focus
        assert not focus["isCovered"], focus
        seen.add(focus["name"])
    assert len(seen) >= 3, seen


_MOVING = """() => document.querySelector('openai-chatkit').shadowRoot.getAnimations()
    .filter((it) => it.effect.getComputedTiming().duration > 1 && it.playState === 'running')
    .map((it) => it.animationName ?? it.transitionProperty)"""


@pytest.mark.parametrize("state", ["streaming", "thinking", "workflow", "history", "confirm"])
def test_nothing_moves_for_those_who_asked_for_that(show: Showing, state: str) -> None:
    assert show(state, **_WIDE).evaluate(_MOVING) == []


def test_the_focus_goes_back_where_it_came_from(show: Showing) -> None:
    page = show("answer", **_WIDE)
    opener = page.get_by_role("button", name="Conversation history")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("button", name="Berths in winter", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Berths in winter", exact=True).click()
    expect(page.get_by_role("textbox")).to_be_focused()
