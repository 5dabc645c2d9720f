"""In forced colours, as Windows' contrast themes force them, what colours alone told is told otherwise."""

import base64
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from tests.browser.test_states import Showing, stage_url

__all__ = ["stage_url"]
pytestmark = pytest.mark.browser

Show = Callable[[str], Page]


@pytest.fixture(params=["light", "dark"])
def show(browser: Browser, stage_url: str, request: pytest.FixtureRequest) -> Iterator[Show]:
    showing = Showing(browser, stage_url)
    yield lambda state: showing(state, forced_colors="active", color_scheme=request.param)
    showing.close()


# The luminance of what is drawn: the least and the greatest there are in the place.
_CONTRAST = """async (bytes) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${bytes}`)).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    canvas.drawImage(bitmap, 0, 0);
    const { data } = canvas.getImageData(0, 0, bitmap.width, bitmap.height);
    const linear = (byte) =>
        byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4;
    const weights = [0.2126, 0.7152, 0.0722];
    let [least, greatest] = [1, 0];
    for (let at = 0; at < data.length; at += 4) {
        const light = weights.reduce((sum, weight, i) => sum + weight * linear(data[at + i]), 0);
        [least, greatest] = [Math.min(least, light), Math.max(greatest, light)];
    }
    return (greatest + 0.05) / (least + 0.05);
}"""


def contrast(place: Locator, share: float = 1, around: int = 2) -> float:
    """Between the lightest and the darkest of what is drawn in a place, or its middle, and around it."""
    # Without waiting for it to hold still: a chunk that comes may put another in its place.
    place.evaluate("it => it.scrollIntoView({ block: 'nearest', behavior: 'instant' })")
    box = place.bounding_box()
    if box is None:
        return 0
    width = box["width"] * share
    clip: FloatRect = {
        "x": box["x"] + (box["width"] - width) / 2 - around,
        "y": box["y"] - around,
        "width": width + 2 * around,
        "height": box["height"] + 2 * around,
    }
    drawn = place.page.screenshot(clip=clip, animations="disabled", caret="hide")
    found: float = place.page.evaluate(_CONTRAST, base64.b64encode(drawn).decode())
    return found


def assert_seen(place: Locator, share: float = 1, around: int = 2) -> None:
    """It has a contrast of 3 to 1, at once or when all that belongs to it is drawn."""
    until = time.monotonic() + 5
    while (found := contrast(place, share, around)) < 3 and time.monotonic() < until:
        time.sleep(0.1)
    assert found >= 3


@pytest.mark.parametrize(
    ("state", "part"),
    [
        ("streaming", ".ck-stop .ck-square"),
        ("thinking", ".ck-progress .ck-pulse"),
        ("transcribing", ".ck-dictation .ck-spinner"),
        ("recording", ".ck-levels"),
        ("diagram", ".ck-diagram-view"),
        ("maths", "math >> nth=1"),
        ("headings", ".ck-md hr"),
        ("headings", "input[type=checkbox] >> nth=0"),
        ("tag", ".ck-mention"),
        ("sent", ".ck-bubble .ck-tag"),
        ("answer", ".ck-actions .ck-icon-button >> nth=0"),
        ("unread-marker", ".ck-new"),
        ("notice-warning", ".ck-notice > .ck-icon"),
        ("workflow", ".ck-step-mark >> nth=0"),
        ("question-choice", "input[type=radio]:checked"),
        ("question-several", "input[type=checkbox]:checked >> nth=0"),
    ],
)
def test_it_is_seen(show: Show, state: str, part: str) -> None:
    assert_seen(show(state).locator(part))


@pytest.mark.parametrize("state", ["uploading", "picture-coming"])
def test_progress_is_seen(show: Show, state: str) -> None:
    # Its middle, away from the lines of what it stands in.
    bar = show(state).locator("progress")
    assert_seen(bar, share=0.5, around=0)


# What a person has set has the color that the system marks such things with.
@pytest.mark.parametrize(
    ("state", "marked", "plain"),
    [
        ("rated", "[aria-pressed=true]", "[aria-pressed=false]"),
        ("tool-pinned", ".ck-toggle[aria-pressed=true]", ".ck-model"),
        ("tool-chosen", ".ck-toggle[data-on]", ".ck-model"),
    ],
)
def test_what_is_pressed_differs(show: Show, state: str, marked: str, plain: str) -> None:
    page = show(state)
    page.mouse.move(0, 0)
    highlight = page.evaluate("""() => {
        const it = document.body.appendChild(document.createElement('i'));
        it.style.cssText = 'background: Highlight; forced-color-adjust: none';
        const { backgroundColor } = getComputedStyle(it);
        it.remove();
        return backgroundColor;
    }""")
    expect(page.locator(marked).first).to_have_css("background-color", highlight)
    expect(page.locator(plain).first).not_to_have_css("background-color", highlight)
    assert contrast(page.locator(marked).first.locator(".ck-icon").first) >= 3


_LINE = """(it) => {
    const { borderStyle, borderWidth, outlineStyle, outlineWidth } = getComputedStyle(it);
    const has = (style, width) => style !== 'none' && parseFloat(width) > 0;
    return has(borderStyle, borderWidth) || has(outlineStyle, outlineWidth);
}"""


@pytest.mark.parametrize(
    ("state", "part"),
    [
        ("answer", ".ck-bubble"),
        ("answer", ".ck-composer"),
        ("answer", ".ck-send"),
        ("answer", ".ck-cite"),
        ("answer", ".ck-code"),
        ("card", ".ck-card-body"),
        ("history", ".ck-row-open[aria-current]"),
        ("menu", ".ck-menu"),
        ("menu", ".ck-model"),
        ("commands", "[aria-selected=true]"),
        ("workflow", ".ck-chip"),
        ("loading", ".ck-bone"),
        ("error", ".ck-notice"),
    ],
)
def test_what_was_a_surface_has_a_line(show: Show, state: str, part: str) -> None:
    for place in show(state).locator(part).all():
        assert place.evaluate(_LINE)


@pytest.mark.parametrize("state", ["start", "answer", "menu", "history", "question-several", "uploaded"])
def test_the_focus_has_a_ring_of_the_systems(show: Show, state: str) -> None:
    page = show(state)
    seen: set[str] = set()
    for _ in range(12):
        page.keyboard.press("Tab" if state != "menu" else "ArrowDown")
        focus = page.locator("openai-chatkit :focus")
        if focus.count() == 0:
            continue
        name: str = focus.evaluate("(it) => it.ariaLabel ?? it.textContent")
        assert focus.evaluate(_RING), name
        seen.add(name)
    assert len(seen) >= 2


# A field's ring is that of the box around it.
_RING = """(it) => {
    it = (it.matches('.ck-input, [type=search]') && it.closest('form, .ck-search')) || it;
    const { outlineStyle, outlineWidth } = getComputedStyle(it);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
}"""


@pytest.mark.parametrize(
    ("state", "part"),
    [("transcribing", "Finish dictation"), ("unread", "New chat"), ("start", "Send message")],
)
def test_what_cannot_be_used_is_gray_and_not_faded(show: Show, state: str, part: str) -> None:
    button = show(state).get_by_role("button", name=part)
    expect(button).to_be_disabled()
    expect(button).to_have_css("opacity", "1")
    assert contrast(button) >= 3
