"""Opens the long thread, scrolls through it and streams into it, and says what that cost."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Group
from rich.table import Table
from rich.text import Text

from benchmarks.element import trace
from benchmarks.element.server import serving
from benchmarks.element.thread import THREAD_ID
from benchmarks.element.trace import Frames
from tests.browser.conftest import chromium

_MESSAGES, _FEW = 1_000, 100
_RATE = 100
_SECONDS, _QUICK_SECONDS = 20, 5
_SLOWER = 4
_MOST_NODES, _LONGEST = 5_000, 16.0
_PATIENCE_MILLISECONDS = 180_000
_NOTES = (
    f"A thread of {_MESSAGES:,} messages, questions and answers in Markdown with lists, tables and code, all "
    f"of it loaded; {_RATE} tokens a second stream in, an event each, and the end is followed. Headless "
    "Chromium without a GPU, a window of 1280 x 800. Script is the main thread's processor time in "
    "JavaScript, garbage collection and forced layout included, by frame; 4x is Chromium's CPU throttling."
)
# Everything in the shadow tree: elements, texts and comments.
_NODES = """() => {
    const root = document.querySelector('openai-chatkit').shadowRoot;
    const walker = document.createTreeWalker(root);
    let count = 0;
    while (walker.nextNode()) count++;
    return count;
}"""
_ASK = """async () => {
    const element = document.querySelector('openai-chatkit');
    const ended = new Promise((end) => element.addEventListener('chatkit.response.end', end, { once: true }));
    await element.sendUserMessage({ text: 'Tell me all of it' });
    await ended;
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
_OPEN = """async (id) => {
    const element = document.querySelector('openai-chatkit');
    const began = performance.now();
    await element.setThreadId(id);
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const box = element.shadowRoot.querySelector('.ck-scroll');
    if (!box || box.scrollHeight - box.clientHeight - box.scrollTop > 2) throw new Error('not at the end');
    return performance.now() - began;
}"""
# To the very beginning, page by page, as fast as they come; the most nodes there were on the way.
_CLIMB = """async (messages) => {
    const root = document.querySelector('openai-chatkit').shadowRoot;
    const box = root.querySelector('.ck-scroll');
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    let most = 0;
    const count = () => {
        const walker = document.createTreeWalker(root);
        let nodes = 0;
        while (walker.nextNode()) nodes++;
        most = Math.max(most, nodes);
    };
    for (let still = 0; still < 30; ) {
        const before = [box.scrollTop, box.scrollHeight].join();
        box.scrollTop -= box.clientHeight;
        await frame();
        count();
        still = [box.scrollTop, box.scrollHeight].join() === before ? still + 1 : 0;
    }
    const first = root.querySelector('.ck-turn');
    if (first?.getAttribute('aria-setsize') !== String(messages / 2)) throw new Error('not at the beginning');
    box.scrollTop = box.scrollHeight;
    for (let wait = 0; wait < 30; wait++) await frame();
    return most;
}"""
# Through the thread at some 3,000 pixels a second, as with a flick of the finger.
_FLICK = """async () => {
    const box = document.querySelector('openai-chatkit').shadowRoot.querySelector('.ck-scroll');
    const began = performance.now();
    let last = began;
    while (last - began < 3000) {
        const now = await new Promise((done) => requestAnimationFrame(done));
        box.scrollTop -= 3 * (now - last);
        last = now;
    }
    box.scrollTop = box.scrollHeight;
}"""


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer streamed into the thread's end; `nodes` are those there were with all of it shown."""

    frames: Frames
    nodes: int


@dataclass(frozen=True, slots=True)
class Found:
    """Times in milliseconds; `few` is the same stream in a thread a tenth as long."""

    opened: float
    opened_slowly: float
    nodes: int
    flick: Frames
    plain: Streamed
    slow: Streamed
    few: Streamed


def measure(quick: bool) -> Found:
    seconds = _QUICK_SECONDS if quick else _SECONDS
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        with serving(_FEW, _RATE, seconds * _RATE) as url, _page(browser, url) as page:
            page.evaluate(_OPEN, THREAD_ID)
            page.evaluate(_CLIMB, _FEW)
            few = _streamed(browser, page)
        with serving(_MESSAGES, _RATE, seconds * _RATE) as url:
            with _page(browser, url) as page:
                opened = page.evaluate(_OPEN, THREAD_ID)
                nodes = page.evaluate(_CLIMB, _MESSAGES)
                plain = _streamed(browser, page)
                with _tracing(browser, page) as traced:
                    page.evaluate(_FLICK)
                flick = trace.frames(traced[0])
                _slow_down(page)
                slow = _streamed(browser, page)
            with _page(browser, url) as page:
                _slow_down(page)
                opened_slowly = page.evaluate(_OPEN, THREAD_ID)
        browser.close()
    return Found(opened, opened_slowly, nodes, flick, plain, slow, few)


def table(found: Found) -> Group:
    shown = Table(title="The element in a long thread", title_justify="left")
    for heading in ("figure", "measured", f"{_SLOWER}x slower", "goal", "holds"):
        shown.add_column(heading, justify="left" if heading == "figure" else "right")
    plain, slow = found.plain.frames, found.slow.frames
    nodes = max(found.nodes, found.plain.nodes, found.slow.nodes)
    shown.add_row("open the thread, until painted", f"{found.opened:.0f} ms", f"{found.opened_slowly:.0f} ms")
    shown.add_row("DOM nodes, at most", f"{nodes:,}", "", f"<= {_MOST_NODES:,}", _holds(nodes <= _MOST_NODES))
    shown.add_row(
        "script of a frame while streaming, longest",
        f"{plain.longest:.1f} ms",
        f"{slow.longest:.1f} ms",
        f"<= {_LONGEST:.0f} ms",
        _holds(plain.longest <= _LONGEST),
    )
    for name, share in (("p99", 0.99), ("median", 0.5)):
        cells = [f"{trace.percentile(frames.scripts, share):.1f} ms" for frames in (plain, slow)]
        shown.add_row(f"script of a frame while streaming, {name}", *cells)
    cells = [f"{trace.percentile(frames.work, 0.99):.1f} ms" for frames in (plain, slow)]
    shown.add_row("all work of a frame while streaming, p99", *cells)
    cells = [f"{frames.over(_LONGEST)} of {len(frames.scripts)}" for frames in (plain, slow)]
    shown.add_row(
        f"frames with more than {_LONGEST:.0f} ms of script", *cells, "0", _holds(plain.over(_LONGEST) == 0)
    )
    shown.add_row("script of a frame while scrolling fast, longest", f"{found.flick.longest:.1f} ms")
    few, many = (trace.percentile(it.frames.scripts, 0.5) for it in (found.few, found.plain))
    alike = (f"{few:.2f} and {many:.2f} ms", "", "alike")
    shown.add_row(f"script of a frame, median, in {_FEW} and in {_MESSAGES:,} messages", *alike)
    return Group(shown, Text(_NOTES))


@contextmanager
def _page(browser: Browser, url: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(_PATIENCE_MILLISECONDS)
    page = context.new_page()
    page.goto(url)
    page.wait_for_function("document.querySelector('openai-chatkit').shadowRoot?.querySelector('textarea')")
    yield page
    context.close()


def _streamed(browser: Browser, page: Page) -> Streamed:
    # Nothing else is asked of the page meanwhile: that would be script too.
    with _tracing(browser, page) as traced:
        page.evaluate(_ASK)
    return Streamed(trace.frames(traced[0]), page.evaluate(_NODES))


@contextmanager
def _tracing(browser: Browser, page: Page) -> Iterator[list[bytes]]:
    """The trace is in the list once the block is left."""
    found: list[bytes] = []
    browser.start_tracing(page=page, categories=trace.CATEGORIES)
    yield found
    found.append(browser.stop_tracing())


def _slow_down(page: Page) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})


def _holds(holds: bool) -> str:
    return "yes" if holds else "no"
