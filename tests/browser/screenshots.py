"""Takes the documentation's pictures: `python -m tests.browser.screenshots [FOLDER QUESTION PREFIX]`.

Serves FOLDER (the project's own documents by default), asks QUESTION and photographs the answer, light
and dark, 1280 and 390 pixels wide, into `docs/images/PREFIX*.png`. Look at them before committing them.
"""

import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.conftest import chromium
from tests.serving import serving

_ROOT = Path(__file__).parents[2]
_SIZES = {1280: 800, 390: 844}
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def main() -> None:
    docs = Path(sys.argv[1]) if len(sys.argv) > 1 else _ROOT / "docs"
    question = sys.argv[2] if len(sys.argv) > 2 else "How do I use a model on my own machine?"
    prefix = sys.argv[3] if len(sys.argv) > 3 else ""
    images = _ROOT / "docs" / "images"
    images.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data,
        serving([docs], Path(data)) as server,
        sync_playwright() as playwright,
    ):
        browser = chromium(playwright)
        for scheme in _SCHEMES:
            for width, height in _SIZES.items():
                _photograph(browser, server.url, question, scheme, (width, height), f"{images}/{prefix}")
        browser.close()


def _photograph(
    browser: Browser,
    url: str,
    question: str,
    scheme: Literal["light", "dark"],
    size: tuple[int, int],
    place: str,
) -> None:
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
        device_scale_factor=2,
    )
    page = context.new_page()
    page.goto(url)
    expect(page.get_by_role("heading", name="Ask your documents")).to_be_visible()
    expect(page.get_by_role("listitem").first).to_be_visible(
        timeout=30_000
    )  # the prompts, read while it starts
    page.screenshot(path=f"{place}start-{scheme}-{width}.png")
    page.get_by_role("textbox", name="Ask a question").fill(question)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copy").last).to_be_visible(timeout=30_000)
    page.screenshot(path=f"{place}answer-{scheme}-{width}.png")
    with context.expect_page() as opened:
        page.get_by_role("link", name="Source 1").first.click()
    opened.value.wait_for_load_state()
    opened.value.screenshot(path=f"{place}source-{scheme}-{width}.png")
    context.close()


if __name__ == "__main__":
    main()
