"""Languages: each arrives, a lost one leaves English, and those that read from the right are mirrored."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from chatkeep.testing import Reply, ScriptedModelServer
from tests.browser.stage import enter, stage_server, thread, workflow
from tests.serving import Server

pytestmark = pytest.mark.browser

_CATALOGUES = Path(__file__).parents[2] / "web" / "src" / "i18n" / "locales"
_SET_LOCALE = """locale => {
  const chat = document.querySelector('openai-chatkit');
  chat.setOptions({ api: { url: '/chatkit' }, threadItemActions: { retry: true }, locale });
}"""
_MIXED = (
    "The bar is open two hours before high water: call `harbour.call(12)` first.\n\n"
    "يُفتح الميناء قبل ساعتين من المدّ.\n\n- Green buoy\n- عوامة حمراء\n\n"
    "```python\nharbour.call(12)  # VHF\n```"
)


def words(locale: str) -> dict[str, Any]:
    catalogue: dict[str, Any] = json.loads((_CATALOGUES / f"{locale}.json").read_text())
    return catalogue


def show(page: Page, server: Server, locale: str) -> None:
    """The page's element in `locale`, without the page's own options."""
    page.route("**/page.js", lambda route: route.fulfill(body=""))
    page.goto(server.url)
    page.evaluate("customElements.whenDefined('openai-chatkit')")
    page.evaluate(_SET_LOCALE, locale)


def box(locator: Locator) -> tuple[float, float]:
    """Its left and right edges."""
    found = locator.bounding_box()
    assert found
    return found["x"], found["x"] + found["width"]


def direction(locator: Locator) -> str:
    found: str = locator.evaluate("it => getComputedStyle(it).direction")
    return found


def test_every_language_arrives_while_the_draft_stays(page: Page, extractive: Server) -> None:
    show(page, extractive, "en")
    page.get_by_role("textbox", name="Message the AI").fill("Where may I anchor?")
    for file in sorted(_CATALOGUES.glob("*.json")):
        page.evaluate(_SET_LOCALE, file.stem)
        placeholder = words(file.stem)["placeholder"]
        expect(page.get_by_role("textbox", name=placeholder, exact=True)).to_have_value("Where may I anchor?")
    page.evaluate(_SET_LOCALE, "en")
    expect(page.get_by_role("textbox", name="Message the AI")).to_have_value("Where may I anchor?")


def test_durations_are_written_as_the_browser_would(page: Page) -> None:
    """Not all browsers have `Intl.DurationFormat`: what stands in for it everywhere makes the same of it."""
    thought = workflow(summary={"duration": 3665})
    reply = {"threads.get_by_id": {"json": thread(items=[thought])}}
    with stage_server() as url:
        enter(page, url, {"initialThread": "thr_1"}, reply)
        for file in sorted(_CATALOGUES.glob("*.json")):
            page.evaluate("locale => set({ locale })", file.stem)
            duration = page.evaluate(
                "(locale) => new Intl.DurationFormat(locale, { style: 'long' })"
                ".format({ hours: 1, minutes: 1, seconds: 5 })",
                file.stem,
            )
            expect(page.locator(f".ck-root[lang={file.stem}] .ck-workflow-head")).to_contain_text(duration)


def test_a_translation_that_is_lost_leaves_english_until_it_can_be_had(
    page: Page, extractive: Server
) -> None:
    def lose(route: Route) -> None:
        route.abort()

    page.route("**/words-*", lose)
    with page.expect_event("requestfailed"):
        show(page, extractive, "de")
    root = page.locator(".ck-root")
    expect(page.get_by_role("button", name="Send message")).to_be_visible()
    expect(root).to_have_attribute("lang", "en")
    page.unroute("**/words-*", lose)
    page.evaluate(_SET_LOCALE, "de")
    expect(page.get_by_role("button", name=words("de-DE")["send"])).to_be_visible()
    expect(root).to_have_attribute("lang", "de-DE")


@pytest.mark.parametrize("locale", ["ar", "ur"])
@pytest.mark.parametrize("width", [1280, 390])
def test_case_85_a_language_that_reads_from_the_right_is_mirrored(
    page: Page, scripted: Server, model: ScriptedModelServer, locale: str, width: int
) -> None:
    model.script(Reply(_MIXED))
    page.set_viewport_size({"width": width, "height": 844})
    show(page, scripted, locale)
    texts = words(locale)
    page.get_by_role("textbox", name=texts["placeholder"]).fill("When may I cross?")
    page.keyboard.press("Enter")
    copy = page.get_by_role("button", name=texts["copy"], exact=True)
    expect(copy.last).to_be_visible(timeout=60_000)  # the server may only just have started
    root = page.locator(".ck-root")
    expect(root).to_have_attribute("dir", "rtl")
    expect(root).to_have_attribute("lang", locale)

    middle = width / 2
    history = page.get_by_role("button", name=texts["history"])
    assert box(history)[0] > middle
    assert box(page.get_by_role("button", name=texts["newChat"]))[1] < middle
    assert box(page.get_by_role("button", name=texts["send"]))[1] < middle
    # What was asked stands at the end of the line, here on the left.
    assert box(page.locator('[part="user-bubble"]'))[0] < width - box(page.locator('[part="user-bubble"]'))[1]

    answer = page.locator(".ck-md").last
    assert direction(answer.locator("pre")) == "ltr"
    assert direction(answer.locator("p code")) == "ltr"
    english, arabic = (box_of_text(answer.locator("p").nth(index)) for index in (0, 1))
    column = box(answer)
    assert english[0] - column[0] < column[1] - english[1] + 1
    assert arabic[0] - column[0] > column[1] - arabic[1]

    history.click()
    panel = page.get_by_role("dialog", name=texts["history"])
    expect(panel).to_be_visible()
    assert box(panel)[1] > width - 2
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def box_of_text(locator: Locator) -> tuple[float, float]:
    """Where the first line of its text begins and ends."""
    edges: tuple[float, float] = locator.evaluate(
        """it => {
          const range = document.createRange();
          range.selectNodeContents(it);
          const line = range.getClientRects()[0];
          return [line.left, line.right];
        }"""
    )
    return edges


def test_the_browsers_language_is_the_default(browser: Browser, extractive: Server) -> None:
    context = browser.new_context(locale="pl-PL")
    page = context.new_page()
    page.goto(extractive.url)
    expect(page.get_by_role("button", name=words("pl-PL")["send"])).to_be_visible()
    context.close()
