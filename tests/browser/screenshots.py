"""Takes the documentation's pictures: `python -m tests.browser.screenshots [NAME...]`.

Twelve states, each at a fixed size, into `docs/images/NAME.png`. The chat page of a real server that answers
from the tests' documents, with a scripted model; what that page does not show by itself (another language,
files, workflows) is shown by a page of a few lines. Look at the pictures before committing them.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from chatkeep.testing import Fault, Gate, Reply, ScriptedModelServer
from tests.browser import scenes
from tests.browser.conftest import HARBOUR, chromium
from tests.browser.talk import ask
from tests.serving import Server, serving

_ROOT = Path(__file__).parents[2]
_IMAGES = _ROOT / "docs" / "images"
_PATIENCE_MILLISECONDS = 60_000


@dataclass(frozen=True, slots=True)
class Studio:
    """What a picture is taken of."""

    page: Page
    server: Server
    model: ScriptedModelServer


@dataclass(frozen=True, slots=True)
class Picture:
    """How one picture is taken: the window, and what happens before."""

    name: str
    pose: Callable[[Studio], None]
    size: tuple[int, int] = (1280, 800)
    scheme: Literal["light", "dark"] = "light"
    more: dict[str, Any] = field(default_factory=dict)


def main(wanted: Sequence[str]) -> None:
    chosen = [picture for picture in PICTURES if not wanted or picture.name in wanted]
    _IMAGES.mkdir(exist_ok=True)
    expect.set_options(timeout=_PATIENCE_MILLISECONDS)
    with (
        tempfile.TemporaryDirectory() as data,
        ScriptedModelServer() as model,
        serving([HARBOUR], Path(data), _environment(model)) as server,
        sync_playwright() as playwright,
    ):
        browser = chromium(playwright)
        for picture in chosen:
            _take(picture, browser, server, model)
        browser.close()


def _environment(model: ScriptedModelServer) -> dict[str, str]:
    return {
        "LLM_PROVIDER": "compatible",
        "OPENAI_BASE_URL": model.base_url,
        "OPENAI_DEFAULT_MODEL": "scripted",
    }


def _take(picture: Picture, browser: Browser, server: Server, model: ScriptedModelServer) -> None:
    width, height = picture.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=picture.scheme,
        reduced_motion="reduce",
        **picture.more,
    )
    context.set_default_timeout(_PATIENCE_MILLISECONDS)
    page = context.new_page()
    picture.pose(Studio(page, server, model))
    page.evaluate("document.fonts.ready")
    page.screenshot(path=_IMAGES / f"{picture.name}.png", animations="disabled", caret="hide")
    context.close()


def _open(studio: Studio) -> None:
    studio.page.goto(studio.server.url)
    expect(studio.page.get_by_role("heading", name="Ask your documents")).to_be_visible()


def _finished(page: Page) -> None:
    expect(page.get_by_role("button", name="Copy", exact=True).last).to_be_visible()
    expect(page.get_by_role("button", name="Send message")).to_be_visible()


def start(studio: Studio) -> None:
    _open(studio)
    expect(studio.page.locator("[part~=prompt]").first).to_be_visible()  # read while it starts


def streaming(studio: Studio) -> None:
    gate = Gate()
    gate.step(scenes.FIRST_WORDS)
    studio.model.script(Reply(scenes.ANSWER, gate=gate))
    _open(studio)
    ask(studio.page, scenes.QUESTION)
    expect(studio.page.get_by_role("log")).to_contain_text(scenes.LAST_OF_FIRST_WORDS)
    studio.page.context.on("close", lambda _: gate.open())


def cited_answer(studio: Studio) -> None:
    studio.model.script(Reply(scenes.ANSWER))
    _open(studio)
    ask(studio.page, scenes.QUESTION)
    _finished(studio.page)


def sources(studio: Studio) -> None:
    cited_answer(studio)
    studio.page.get_by_role("button", name="Sources").first.click()
    studio.page.get_by_role("link", name="Source 1").first.focus()  # its card


def error(studio: Studio) -> None:
    studio.model.script(Reply(scenes.ANSWER, fail=Fault.cut(after=scenes.FIRST_WORDS)))
    _open(studio)
    ask(studio.page, scenes.QUESTION)
    expect(studio.page.get_by_role("alert").first).to_be_visible()


def history(studio: Studio) -> None:
    studio.model.script(*(Reply("As the passages say [1].") for _ in scenes.QUESTIONS))
    _open(studio)
    for question in scenes.QUESTIONS:
        ask(studio.page, question)
        _finished(studio.page)
        if question != scenes.QUESTIONS[-1]:
            studio.page.get_by_role("button", name="New chat").click()
            expect(studio.page.get_by_role("heading", name="Ask your documents")).to_be_visible()
    studio.page.get_by_role("button", name="Conversation history").click()
    expect(studio.page.get_by_role("button", name=scenes.QUESTIONS[0], exact=True)).to_be_visible()


def workflow(studio: Studio) -> None:
    _told(studio, scenes.workflow(), scenes.plain_options(), scenes.WORKFLOW_QUESTION)


def right_to_left(studio: Studio) -> None:
    _told(studio, scenes.arabic(), scenes.arabic_options(), scenes.ARABIC_QUESTION)


def _told(studio: Studio, stream: str, options: str, question: str) -> None:
    """A page whose question is answered by `stream`."""

    def deliver(route: Route) -> None:
        body = route.request.post_data_json or {}
        if body["type"] == "threads.create":
            route.fulfill(body=stream, content_type="text/event-stream")
        else:
            route.fulfill(json={"data": [], "has_more": False})

    studio.page.route("**/chatkit", deliver)
    _stage(studio, options)
    studio.page.get_by_role("textbox").fill(question)
    studio.page.keyboard.press("Enter")
    expect(studio.page.locator("[part=actions]").last).to_be_visible()
    expect(studio.page.locator("[part=stop]")).to_have_count(0)


def attachments(studio: Studio) -> None:
    uploads = iter(scenes.UPLOADS)
    studio.page.route("**/upload", lambda route: route.fulfill(json=next(uploads)))
    _stage(studio, scenes.attachment_options())
    studio.page.locator("input[type=file]").set_input_files(scenes.FILES)
    for file in scenes.FILES:
        expect(studio.page.get_by_text(file["name"]).first).to_be_visible()
    expect(studio.page.get_by_role("progressbar")).to_have_count(0)
    studio.page.get_by_role("textbox").fill("Which of the two says what a berth costs?")


def _stage(studio: Studio, options: str) -> None:
    """A page of its own around the element."""
    page = scenes.PAGE.replace("OPTIONS", options)
    studio.page.route("**/scene.html", lambda route: route.fulfill(body=page, content_type="text/html"))
    studio.page.goto(f"{studio.server.url}/scene.html")
    expect(studio.page.get_by_role("textbox").first).to_be_visible()


PICTURES = (
    Picture("start", start),
    Picture("history", history),  # before the list grows by what others ask
    Picture("streaming", streaming),
    Picture("answer", cited_answer),
    Picture("sources", sources),
    Picture("workflow", workflow),
    Picture("error", error),
    Picture("rtl", right_to_left),
    Picture("phone", cited_answer, size=(390, 844)),
    Picture("dark", cited_answer, scheme="dark"),
    Picture("high-contrast", cited_answer, scheme="dark", more={"forced_colors": "active"}),
    Picture("attachments", attachments),
)

if __name__ == "__main__":
    main(sys.argv[1:])
